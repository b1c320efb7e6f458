"""What other libraries print at each start and no user can act on."""

from __future__ import annotations

import logging
import warnings

MESSAGES = (
    "LightningCLI's args parameter",  # main() takes arguments, so that tests can call it
    "`is_gradient_checkpointing` is deprecated",  # PEFT asks transformers for it
    "`isinstance\\(treespec, LeafSpec\\)` is deprecated",  # Lightning asks torch for it
    "Found .* module\\(s\\) in eval mode",  # the base, until on_fit_start
    ".*does not have many workers",  # batches are packed in the process, in milliseconds
    "You're resuming from a checkpoint that ended before",  # the loader goes on at the window itself
    "Precision .* is not supported by the model summary",  # it guesses the size of weights
    ".*predict returned None",  # the answers go to predictions.jsonl
)


def silence_libraries() -> None:
    """Hide messages that say nothing about a user's run."""
    for message in MESSAGES:
        warnings.filterwarnings("ignore", message=message)
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # its optional kernels for other machines
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(
        lambda record: "litlogger" not in record.getMessage()  # an advertisement
    )
