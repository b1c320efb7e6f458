"""Board games, cards and video games."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import first_name, minutes, one_of, title
from demo_data.values import choice, flag, integer, number, several

PLATFORM = choice(
    {
        "pc|PC": "PC",
        "console|CONSOLE": "console",
        "mobile|MOBILE": "mobile phone",
        "handheld|HANDHELD": "handheld",
    }
)
HEROES = one_of(
    ("fire", "shadow", "forest", "ice", "storm", "desert", "moon"),
    ("wizard", "archer", "knight", "healer", "thief", "druid", "giant"),
)

TOOLS = (
    tool(
        "boardgames|tabletop|gaming",
        "suggest|find|pick",
        "party_game|table_game|family_game",
        "Suggest a board game for a group.|Find a game by players and time.",
        [
            arg("players|player_count|group_size", "Number of players", integer(2, 12)),
            opt("time|play_time|duration", "Time to play", minutes()),
            opt(
                "difficulty|complexity|weight",
                "How hard the rules are",
                choice({"easy|light": "easy", "medium|middle": "medium", "hard|heavy": "hard"}),
            ),
            opt(
                "cooperative|together|team_play",
                "Whether all play together",
                flag("where we all play together", "where we play against each other"),
            ),
        ],
        """
        Suggest a game for {players} players[ that takes {time}][, {cooperative}].
        We are {players} people[ and have {time}]. Which board game should we play?[ The rules should be {difficulty}.]
        Find a[ {difficulty}] board game for {players} people[, {cooperative}].
        Pick something for a game night with {players} players[, {time}][, difficulty {difficulty}].
        What can {players} of us play[ in {time}]?
        """,
        """
        Suggest one game for {1.players} players and one for {2.players} players.
        """,
    ),
    tool(
        "arcade|videogames|gaming",
        "read|get|show",
        "top_scores|score_table|best_players",
        "Best scores of a video game.|High score table of a game.",
        [
            arg("game|game_title|title", "Name of the game", title),
            arg("platform|system|device", "Platform of the game", PLATFORM),
            opt("top|limit|entries", "Number of entries", integer(3, 50), 10),
            opt("player|only_player|nickname", "Only scores of this player", first_name),
        ],
        """
        Who leads the score table of {game} on {platform}?[ Show {top} entries.]
        Show the[ {top}] best scores of {game} for {platform}.
        How good is {player} at {game} on {platform}?
        Get the high scores in {game}, platform {platform}[, player {player}].
        I want to see how people do in {game} on {platform}[, first {top} places].
        """,
        """
        Show the best scores of {1.game} and {2.game} on {platform}.
        """,
    ),
    tool(
        "rpg|characters|adventure",
        "create|make|set_up",
        "hero_sheet|player_character|game_hero",
        "Create a character for a role-playing game.|Set up a hero with skills.",
        [
            arg("name|hero_name|character_name", "Name of the character", first_name),
            arg("role|hero_class|profession", "Class of the character", HEROES),
            arg("level|start_level|rank", "Level to start at", integer(2, 60)),
            opt(
                "skills|abilities|talents",
                "Skills of the character",
                several(
                    one_of(
                        (
                            "stealth",
                            "healing",
                            "archery",
                            "cooking",
                            "diplomacy",
                            "lockpicking",
                            "riding",
                            "alchemy",
                            "swimming",
                        )
                    ),
                    1,
                    3,
                ),
            ),
            opt("strength|power|might", "Strength points", integer(2, 20)),
        ],
        """
        Create a {role} named {name} at level {level}[ with the skills {skills}][ and {strength} strength points].
        My new hero is {name}, a {role} of level {level}[ who is good at {skills}].
        Set up a character: {name}, {role}, level {level}[, strength {strength}].
        I'd like to play a level {level} {role} called {name}[, strength {strength}][, skilled in {skills}].
        Make {name} a {role}. Start at level {level}[ with {skills}].
        """,
        """
        Create a {1.role} named {1.name} and a {2.role} named {2.name}, both at level {level}.
        """,
    ),
    tool(
        "chess|boardgames|rating",
        "update|compute|predict",
        "rating_change|new_rating|rating_points",
        "Rating of a chess player after a game.|How a game changes a player's rating.",
        [
            arg("own|my_rating|player_rating", "Rating of the player", integer(800, 2800)),
            arg("other|opponent_rating|rival_rating", "Rating of the opponent", integer(800, 2800)),
            arg(
                "result|outcome|score",
                "Result of the game",
                choice({"win|1-0": "a win|a victory", "draw|1/2": "a draw", "loss|0-1": "a loss|a defeat"}),
            ),
            opt("k_factor|weight|k", "How fast ratings change", number(8, 48)),
        ],
        """
        My rating is {own} and my opponent has {other}. The game ended with {result}. What is my new rating[ with a factor of {k_factor}]?
        Compute the rating after {result} for a player rated {own} against one rated {other}[, factor {k_factor}].
        How does {result} against a {other} player change a rating of {own}?
        Predict the rating: mine {own}, opponent's {other}, result {result}[, K = {k_factor}].
        Someone with {own} points scores {result} against {other} points. Update the rating.
        """,
    ),
    tool(
        "puzzles|words|wordgame",
        "make|generate|create",
        "crossword|word_grid|letter_puzzle",
        "Make a word puzzle.|Generate a puzzle from words.",
        [
            arg(
                "words|hidden_words|word_list",
                "Words to hide",
                several(
                    one_of(
                        (
                            "anchor",
                            "basket",
                            "candle",
                            "dragon",
                            "engine",
                            "feather",
                            "guitar",
                            "hammer",
                            "island",
                            "jacket",
                            "kettle",
                            "ladder",
                            "magnet",
                            "needle",
                            "orange",
                            "pencil",
                            "rabbit",
                            "saddle",
                            "tunnel",
                            "window",
                        )
                    ),
                    3,
                    5,
                ),
            ),
            arg("size|grid_size|width", "Rows and columns of the grid", integer(6, 25)),
            opt(
                "diagonal|allow_diagonal|slanted",
                "Whether words may run diagonally",
                flag("with diagonal words", "without diagonal words"),
            ),
            opt("author|made_by|signed", "Name of the maker", first_name),
        ],
        """
        Make a puzzle of size {size} that hides {words}[, {diagonal}].
        Generate a word grid with {size} rows from the words {words}[, {diagonal}].
        I need a word puzzle for my class: {words}, grid size {size}[, made by {author}].
        Create a {size} by {size} puzzle with {words}[ {diagonal}].
        Hide {words} in a grid of {size} rows[ and sign it as {author}].
        """,
    ),
)
