"""Music, films and books."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import FILM_GENRES, INSTRUMENTS, MUSIC_GENRES
from demo_data.strings import city, date, first_name, language, minutes, one_of, person, title
from demo_data.values import choice, flag, integer, number, several, year

TOOLS = (
    tool(
        "music|audio|player",
        "build|make|create",
        "mix_tape|song_mix|genre_mix",
        "Make a playlist of some genres.|Build a mix of songs.",
        [
            arg("genres|styles|music_styles", "Genres to choose from", several(one_of(MUSIC_GENRES), 1, 3)),
            arg("length|total_length|play_time", "Length of the mix", minutes()),
            opt(
                "mood|feeling|vibe",
                "Mood of the songs",
                one_of(("happy", "calm", "sad", "energetic", "romantic", "dreamy", "angry")),
            ),
            opt(
                "explicit|allow_explicit|uncensored",
                "Whether explicit songs are allowed",
                flag("explicit songs allowed", "no explicit songs"),
                False,
            ),
            opt("released_after|min_year|newer_than", "Only songs after this year", year(1955, 2022)),
        ],
        """
        Make me a {mood} mix of {genres}, {length} long[, {explicit}].
        Create a playlist with {genres} that lasts {length}[, only songs after {released_after}].
        I'd like {length} of {genres}[ in a {mood} mood][, {explicit}].
        Build a song mix: {genres}, {length}[, newer than {released_after}].
        Give us {length} of {genres} for the party[, {explicit}].
        """,
        """
        Make two mixes of {length}: one with {1.genres}, the other with {2.genres}.
        """,
    ),
    tool(
        "music|lessons|practice",
        "find|look_for|search",
        "music_teacher|instrument_tutor|music_lessons",
        "Find somebody who teaches an instrument.|Teachers of an instrument in a city.",
        [
            arg("instrument|to_learn|played_instrument", "Instrument to learn", one_of(INSTRUMENTS)),
            arg("city|town|where", "City of the lessons", city),
            opt(
                "level|skill|experience",
                "Skill of the student",
                choice({"beginner|1": "beginner", "intermediate|2": "intermediate", "advanced|3": "advanced"}),
            ),
            opt("max_fee|hourly_rate|price_limit", "Highest fee an hour in dollars", integer(15, 120)),
        ],
        """
        Find a {instrument} teacher in {city}[ for a {level} student][ at up to ${max_fee} an hour].
        Who teaches {instrument} in {city}[ at {level} level]?
        I want to learn the {instrument} and live in {city}[. I can pay {max_fee} dollars an hour].
        Search for {instrument} lessons in {city}[, {level} level][, maximum fee ${max_fee}].
        My daughter would like to play the {instrument}. Are there teachers in {city}[ for not more than ${max_fee} per hour]?
        """,
        """
        Find teachers in {city} for the {1.instrument} and for the {2.instrument}.
        """,
    ),
    tool(
        "films|cinema|movies",
        "recommend|suggest|pick",
        "film_night|film_choice|film_tip",
        "Suggest films of a genre.|Recommend a film by genre and age.",
        [
            arg("genre|film_genre|kind", "Genre of the film", one_of(FILM_GENRES)),
            opt("from_year|not_older_than|since", "Earliest year", year(1950, 2020)),
            opt("spoken|language|audio_language", "Language of the film", language),
            opt("min_rating|rating_above|score", "Lowest rating, 0 to 10", number(5, 9.5)),
            opt(
                "family|kids_too|child_friendly",
                "Whether children may watch it",
                flag("fit for children", "not for children"),
            ),
        ],
        """
        Recommend a {genre} film[ from {from_year} or later][ in {spoken}][, {family}].
        Tonight my friends and I feel like a {genre} movie[ rated above {min_rating}]. Any ideas?
        Suggest something to watch, genre {genre}[, rating at least {min_rating}][, language {spoken}].
        Which {genre} films[ since {from_year}] should I see[, {family}]?
        Pick a {genre} film for tonight[, {family}][, not older than {from_year}].
        """,
        """
        Recommend a {1.genre} film and a {2.genre} film[, both in {spoken}].
        """,
    ),
    tool(
        "library|books|reading",
        "reserve|borrow|order",
        "library_book|book_loan|volume",
        "Reserve a book at the library.|Borrow a book for some weeks.",
        [
            arg("title|book|book_title", "Title of the book", title),
            arg("author|writer|written_by", "Name of the author", person),
            opt("weeks|loan_weeks|for_weeks", "Weeks of the loan", integer(2, 8), 4),
            opt(
                "format|medium|edition",
                "Form of the book",
                choice(
                    {
                        "paperback|print": "paperback",
                        "audiobook|audio": "audiobook",
                        "ebook|digital": "e-book",
                    }
                ),
                "paperback",
            ),
            opt("branch|library_city|collect_at", "City of the library", city),
        ],
        """
        Reserve {title} by {author}[ as {format}][ for {weeks} weeks].
        I'd like to borrow the book {title}, written by {author}[, at the {branch} branch].
        Order {author}'s {title} for me[, {format} edition][, {weeks} weeks].
        Can I get {title} by {author}[ for {weeks} weeks][ in the {branch} library]?
        Please borrow {author}: {title}[, as {format}].
        """,
        """
        Reserve {1.title} by {1.author} and {2.title} by {2.author}.
        """,
    ),
    tool(
        "tickets|stage|events",
        "buy|order|get",
        "concert_seats|show_tickets|stage_tickets",
        "Buy tickets for a show.|Order seats for a concert or play.",
        [
            arg("show|show_title|event_name", "Name of the show", title),
            arg("city|venue_city|town", "City of the show", city),
            arg("seats|ticket_count|quantity", "Number of tickets", integer(2, 12)),
            arg("evening|show_date|day", "Day of the show", date(2025, 2026)),
            opt(
                "area|section|seating",
                "Part of the hall",
                choice(
                    {
                        "front|A": "at the front",
                        "balcony|B": "on the balcony",
                        "standing|S": "in the standing area",
                    }
                ),
            ),
        ],
        """
        Buy {seats} tickets for {show} in {city} on {evening}[, {area}].
        We are {seats} people and want to see {show} in {city} on {evening}[, {area} if possible].
        Get me {seats} seats {area} for the show {show} on {evening} in {city}.
        Order tickets: {show}, {city}, {evening}, {seats} seats[ {area}].
        On {evening} I'm taking my family to {show} in {city}. Please get {seats} tickets[ {area}].
        """,
    ),
    tool(
        "lyrics|songs|music",
        "tune|change|move",
        "song_key|melody_key|chord_key",
        "Move a song to another key.|Transpose a song.",
        [
            arg("song|song_title|piece", "Name of the song", title),
            arg(
                "from_key|original_key|key_now",
                "Key of the song now",
                one_of(("C", "D", "E", "F", "G", "A", "B", "E flat", "B flat", "F sharp"), ("major", "minor")),
            ),
            arg("half_steps|semitones|shift", "Half steps to move, negative is down", integer(-7, 7)),
            opt("singer|for_singer|voice_of", "Name of the singer", first_name),
        ],
        """
        Move the song {song} from {from_key} by {half_steps} half steps[ for {singer}].
        Transpose {song}, which is in {from_key}, by {half_steps} semitones[ so that {singer} can sing it].
        Shift {song} ({from_key}) by {half_steps} half steps for the concert.
        My choir sings {song} in {from_key}. Could we have it moved by {half_steps} semitones[ for {singer}]?
        The song {song} stands in {from_key}. Shift it by {half_steps} half steps.
        Change the key of {song}: now {from_key}, shift {half_steps}[, singer {singer}].
        """,
    ),
)
