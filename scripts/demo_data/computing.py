"""Files, texts and servers."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import code, date, one_of, string
from demo_data.values import flag, integer, number, record, several

PATH = string(
    lambda rng: (
        f"/{rng.choice(('home', 'data', 'srv', 'mnt'))}/{rng.choice(('photos', 'reports', 'backup', 'music', 'logs', 'drafts'))}/{rng.choice(('spring', 'old', 'team', 'final', 'march', 'raw'))}"
    )
)
FILE = string(
    lambda rng: (
        f"{rng.choice(('budget', 'notes', 'sales', 'thesis', 'menu', 'plan', 'roster', 'inventory'))}_{rng.randint(2, 99)}.{rng.choice(('csv', 'txt', 'pdf', 'docx', 'json'))}"
    )
)
HOST = string(lambda rng: f"{rng.choice(('web', 'db', 'mail', 'cache', 'build'))}-{rng.randint(2, 60):02}")
EXPRESSION = string(
    lambda rng: (
        f"{rng.randint(2, 9)}*x**{rng.randint(2, 5)} {rng.choice('+-')} {rng.randint(2, 30)}*x {rng.choice('+-')} {rng.randint(1, 80)}"
    )
)

TOOLS = (
    tool(
        "files|storage|disk",
        "move|transfer|copy",
        "document|stored_file|single_file",
        "Copy a file to a folder.|Move a file somewhere else.",
        [
            arg("file|file_name|source_file", "Name of the file", FILE),
            arg("folder|target_folder|destination", "Folder to put it in", PATH),
            opt(
                "overwrite|replace|replace_existing",
                "Whether to replace a file of that name",
                flag("overwriting an existing file", "without overwriting anything"),
                False,
            ),
            opt("new_name|rename_to|save_as", "Name of the file there", FILE),
        ],
        """
        Copy {file} to {folder}[, {overwrite}][, under the name {new_name}].
        Put the file {file} into {folder}[ and call it {new_name}].
        I need {file} in the folder {folder}[, {overwrite}].
        The file {file} belongs in {folder}. Please take care of it[, {overwrite}].
        Transfer {file} into the directory {folder}[ as {new_name}].
        """,
        """
        Copy {1.file} to {1.folder} and {2.file} to {2.folder}.
        Put {1.file}, {2.file} and {3.file} into {folder}.
        """,
    ),
    tool(
        "files|search|disk",
        "search|find|list",
        "large_files|files_by_size|big_documents",
        "Files above a size.|Find files in a folder by size and type.",
        [
            arg("folder|directory|path", "Folder to search", PATH),
            arg("min_size|size_mb|larger_than", "Least size in megabytes", number(0.5, 900)),
            opt(
                "types|extensions|endings",
                "Endings of the file names",
                several(one_of(("pdf", "jpg", "mp4", "zip", "csv", "log", "docx")), 1, 3),
            ),
            opt(
                "changed_after|modified_since|newer_than",
                "Only files changed after this day",
                date(2021, 2026),
            ),
        ],
        """
        Which files in {folder} are larger than {min_size} MB[ and end in {types}]?
        List everything above {min_size} MB in {folder}[ changed after {changed_after}].
        My disk is full. Find files over {min_size} megabytes in {folder}[, only {types}].
        Search {folder} for files of at least {min_size} MB[, types {types}][, newer than {changed_after}].
        Find big files: folder {folder}, size from {min_size} MB[, modified since {changed_after}].
        """,
        """
        List files above {min_size} MB in {1.folder} and in {2.folder}.
        """,
    ),
    tool(
        "servers|cloud|ops",
        "restart|reboot|cycle",
        "server_host|machine|service_host",
        "Restart a server.|Reboot a machine after a wait.",
        [
            arg("host|server|machine_name", "Name of the machine", HOST),
            opt("wait|delay_seconds|after_seconds", "Seconds to wait before", integer(5, 900, 5), 0),
            opt("force|forced|kill_processes", "Whether to force it", flag("by force", "gently")),
            opt("ticket|change_id|reference", "Number of the ticket", code("OPS-9999")),
        ],
        """
        Restart {host}[ in {wait} seconds][, {force}][, ticket {ticket}].
        The server {host} hangs. Reboot it[ {force}][ after {wait} seconds].
        Please reboot the machine {host}[, reference {ticket}].
        Could you restart {host} {force}?
        Cycle the server {host}[, waiting {wait} seconds][, for ticket {ticket}].
        """,
        """
        Restart the servers {1.host} and {2.host}[ {force}].
        Reboot {1.host}, {2.host} and {3.host}[, ticket {ticket}].
        """,
    ),
    tool(
        "images|pictures|photo",
        "resize|crop|change",
        "picture_size|image_size|photo_dimensions",
        "Change the size of an image.|Resize a picture file.",
        [
            arg(
                "image|image_file|picture",
                "Name of the image file",
                string(
                    lambda rng: (
                        f"{rng.choice(('beach', 'party', 'logo', 'cover', 'scan', 'banner', 'portrait'))}{rng.randint(1, 400)}.{rng.choice(('png', 'jpg', 'gif'))}"
                    )
                ),
            ),
            arg(
                "size|dimensions|new_size",
                "New size in pixels",
                record(arg("width|w", "Width", integer(64, 4000)), arg("height|h", "Height", integer(64, 3000))),
            ),
            opt("quality|compression|jpeg_quality", "Quality, 1 to 100", integer(20, 98), 90),
            opt(
                "keep_ratio|lock_ratio|proportional",
                "Whether to keep the proportions",
                flag("keeping its proportions", "ignoring its proportions"),
                True,
            ),
        ],
        """
        Resize {image} to {size.width} by {size.height} pixels[, {keep_ratio}][, quality {quality}].
        Make the picture {image} {size.width} pixels wide and {size.height} pixels high[, {keep_ratio}].
        I need {image} at {size.width}x{size.height}[ with a quality of {quality}].
        The file {image} should be {size.height} pixels high and {size.width} wide[, quality {quality}].
        Change {image} to a width of {size.width} and a height of {size.height}[, {keep_ratio}].
        """,
        """
        Resize {1.image} and {2.image} to {size.width} by {size.height} pixels.
        """,
    ),
    tool(
        "algebra|symbolic|calculus",
        "evaluate|compute|get",
        "polynomial_value|expression_value|poly_at",
        "Value of an expression at a point.|Put a number into an expression in x.",
        [
            arg("expression|formula|polynomial", "Expression in x, in Python syntax", EXPRESSION),
            arg("at|x_value|point", "Value of x", number(-20, 20)),
            opt("derivative|order|derive_times", "How often to differentiate first", integer(2, 4), 0),
        ],
        """
        What is the value of {expression} at x = {at}?
        Evaluate {expression} for x = {at}[ after differentiating {derivative} times].
        Given f(x) = {expression}, what do I get at {at}[ for the derivative of order {derivative}]?
        Put x = {at} into {expression}.
        Compute {expression} with x equal to {at}[, differentiated {derivative} times].
        """,
        """
        Evaluate {expression} at x = {1.at}, x = {2.at} and x = {3.at}.
        What are {1.expression} and {2.expression} at x = {at}?
        """,
    ),
    tool(
        "passwords|security|accounts",
        "generate|make|create",
        "pass_phrase|secret_word|login_password",
        "Make a password.|Generate a safe password.",
        [
            arg("length|n_chars|characters", "Number of characters", integer(8, 64)),
            opt(
                "symbols|special_signs|use_symbols",
                "Whether to use special signs",
                flag("with special signs", "without special signs"),
                True,
            ),
            opt("count|how_many|number", "Number of passwords", integer(2, 20), 1),
            opt(
                "avoid|excluded|without_chars",
                "Characters not to use",
                several(one_of(("0", "O", "l", "1", "I", "5", "S")), 1, 3),
            ),
        ],
        """
        Generate[ {count}] passwords of {length} characters[, {symbols}].
        Make me a password that is {length} characters long[ {symbols}].
        I need a safe password, {length} signs[, and leave out {avoid}].
        Create[ {count}] passwords with {length} characters[, avoiding {avoid}][, {symbols}].
        Give me a {length}-character password[ {symbols}].
        """,
        """
        Make one password of {1.length} characters and one of {2.length} characters[, both {symbols}].
        """,
    ),
)
