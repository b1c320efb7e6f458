"""The best one-to-one pairing of rows with columns."""

from __future__ import annotations

from collections.abc import Sequence


def best_assignment(gains: Sequence[Sequence[int]]) -> list[int | None]:
    """Pair rows with columns, one to one, so that the pairs' gains have the largest sum.

    The Hungarian method with potentials, O(size^3): Kuhn, Naval Research Logistics Quarterly 2 (1955) 83-97.

    Args:
        gains: a matrix of numbers that are not negative, every row equally long.

    Returns:
        Each row's column; None for a row beyond the number of columns.

    Example:
        >>> best_assignment([[3, 2], [2, 0]])  # 2 + 2, where taking the 3 first would end at 3 + 0
        [1, 0]
    """
    rows = len(gains)
    columns = len(gains[0]) if rows else 0
    size = max(rows, columns)
    # Costs of a square matrix, counted from 1: row 0 and column 0 stand for "not paired yet".
    costs = [[0] * (size + 1) for _ in range(size + 1)]
    for row, gains_of_row in enumerate(gains, start=1):
        for column, gain in enumerate(gains_of_row, start=1):
            costs[row][column] = -gain
    row_potentials, column_potentials = [0] * (size + 1), [0] * (size + 1)
    row_of_column = [0] * (size + 1)
    for row in range(1, size + 1):
        row_of_column[0] = row
        came_from = _cheapest_path(costs, row_of_column, row_potentials, column_potentials)
        _flip(row_of_column, came_from)
    column_of_row = {row: column for column, row in enumerate(row_of_column) if column}
    return [column_of_row[row] - 1 if column_of_row[row] <= columns else None for row in range(1, rows + 1)]


def _cheapest_path(
    costs: list[list[int]], row_of_column: list[int], row_potentials: list[int], column_potentials: list[int]
) -> list[int]:
    """Walk from the new row to a free column along the smallest reduced costs, raising potentials on the way.

    Returns:
        For each column the one before it on its path; the free column that was reached stands at index 0.
    """
    columns = range(1, len(row_of_column))
    slack = [float("inf")] * len(row_of_column)
    came_from = [0] * len(row_of_column)
    reached = [0]
    column = 0
    while row_of_column[column]:
        row = row_of_column[column]
        left = [other for other in columns if other not in reached]
        for other in left:
            reduced = costs[row][other] - row_potentials[row] - column_potentials[other]
            if reduced < slack[other]:
                slack[other], came_from[other] = reduced, column
        column = min(left, key=slack.__getitem__)
        step = int(slack[column])
        for other in reached:
            row_potentials[row_of_column[other]] += step
            column_potentials[other] -= step
        for other in left:
            slack[other] -= step
        reached.append(column)
    came_from[0] = column
    return came_from


def _flip(row_of_column: list[int], came_from: list[int]) -> None:
    """Move each row on the path one column on, so that the path's free column is taken."""
    column = came_from[0]
    while column:
        row_of_column[column] = row_of_column[came_from[column]]
        column = came_from[column]
