"""Appointments, tasks, messages."""

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import TOPICS
from demo_data.strings import city, clock, date, email, first_name, minutes, one_of, person, weekday
from demo_data.values import choice, flag, integer, record, several

TOPIC = one_of(TOPICS)

TOOLS = (
    tool(
        "calendar|agenda|schedule",
        "create|add|schedule",
        "appointment|calendar_entry|gathering",
        "Put a meeting into the calendar.|Create a calendar entry with guests.",
        [
            arg("subject|heading|about", "What the meeting is about", TOPIC),
            arg("day|date|on_day", "Day of the meeting", date(2025, 2026)),
            arg("start|start_time|begins_at", "Start time", clock()),
            opt("length|duration|minutes", "Length of the meeting", minutes(), 30),
            opt("guests|attendees|participants", "Names of the guests", several(first_name, 1, 4)),
        ],
        """
        Schedule a meeting about the {subject} on {day} at {start}[ with {guests}][ for {length}].
        Put the {subject} into my calendar, {day}, {start}[, length {length}].
        I have to discuss the {subject} with my team on {day} at {start}[; invite {guests}]. Please add it.
        Add an entry on {day} at {start}: {subject}[, {length}][, guests {guests}].
        Set up {length} on {day} from {start} to talk about the {subject}[ with {guests}].
        """,
        """
        Schedule the {1.subject} at {1.start} and the {2.subject} at {2.start}, both on {day}.
        """,
    ),
    tool(
        "calendar|availability|schedule",
        "find|search|get",
        "free_slots|open_times|shared_gap",
        "Times when several people are free.|Find a gap in the calendars of a group.",
        [
            arg("people|members|attendees", "Names of the people", several(person, 2, 3)),
            arg("day|weekday|on_weekday", "Day of the week", weekday),
            arg("length|slot_length|needed_time", "Needed time", minutes()),
            opt("earliest|from_time|not_before", "Earliest start", clock()),
        ],
        """
        When are {people} all free for {length} on {day}[, not before {earliest}]?
        Find {length} on {day} that suit {people}[, starting at {earliest} or later].
        I need to sit down with {people} on {day} for {length}. Which times are open?
        Search a gap of {length} on {day} in the calendars of {people}[ after {earliest}].
        Get the open times of {people} for {day}, {length} long[, from {earliest}].
        """,
    ),
    tool(
        "tasks|todo|planner",
        "add|create|note",
        "task|todo_item|chore",
        "Add a task to a list.|Create a task with a due date.",
        [
            arg("what|task_name|text", "What is to be done", TOPIC),
            opt("due|due_date|deadline", "Day when it must be done", date(2025, 2026)),
            opt(
                "priority|urgency|importance",
                "How urgent it is",
                choice({"high|HIGH": "high", "normal|NORMAL": "normal", "low|LOW": "low"}),
                "normal",
            ),
            opt(
                "tags|labels|keywords",
                "Labels of the task",
                several(
                    one_of(
                        (
                            "home",
                            "work",
                            "family",
                            "money",
                            "garden",
                            "urgent",
                            "waiting",
                            "school",
                            "errands",
                        )
                    ),
                    1,
                    3,
                ),
            ),
        ],
        """
        Add "{what}" to my tasks[, due {due}][, {priority} priority].
        Create a task called {what}[ with {priority} priority][, tagged {tags}].
        Note the task {what}[, to be done by {due}][, labeled {tags}].
        I must not forget the {what}[, the deadline is {due}]. Put it on my list[ with priority {priority}].
        New task: {what}[; priority {priority}][; tags {tags}].
        """,
        """
        Add two tasks: {1.what}, due {1.due}, and {2.what}, due {2.due}.
        Create tasks for the {1.what}, the {2.what} and the {3.what}.
        """,
    ),
    tool(
        "mail|messages|post",
        "write|send|compose",
        "mail_message|email_note|letter",
        "Send an email to somebody.|Write a mail with a subject.",
        [
            arg("to|recipient|address", "Email address of the receiver", email),
            arg("subject|topic|title", "Subject line", TOPIC),
            opt("copy_to|cc|also_to", "Addresses that get a copy", several(email, 1, 2)),
            opt(
                "urgent|important|high_priority",
                "Whether to mark it as urgent",
                flag("marked as urgent|as an urgent mail", "not marked as urgent"),
                False,
            ),
        ],
        """
        Send a mail to {to} about the {subject}[, {urgent}][, with a copy to {copy_to}].
        Write to {to} with the subject {subject}[ and copy {copy_to}].
        Could you email {to}? The subject is {subject}[, and it goes {urgent}].
        Compose a message for {to}, subject line {subject}[, {urgent}].
        I need to let {to} know about the {subject}[; copy {copy_to} as well].
        """,
        """
        Send mails to {1.to} and {2.to} about the {subject}.
        """,
    ),
    tool(
        "reminders|alerts|phone",
        "set|schedule|make",
        "reminder|nudge|memory_note",
        "Remind the user of something.|Set a reminder for a day and time.",
        [
            arg("about|note|text", "What to be reminded of", TOPIC),
            arg("time|at_time|clock_time", "Time of day", clock()),
            opt("day|weekday|on", "Day of the week", weekday),
            opt(
                "repeat|recurring|repeats",
                "How often it repeats",
                choice(
                    {
                        "daily|every_day": "daily",
                        "weekly|every_week": "weekly",
                        "monthly|every_month": "monthly",
                    }
                ),
            ),
        ],
        """
        Remind me of the {about} at {time}[ on {day}][ and repeat it {repeat}].
        Set a reminder for {time}[ on {day}]: {about}[, repeated {repeat}].
        At {time}[ on {day}], please nudge me about the {about}.
        Make a note that reminds me of the {about} at {time}[, {repeat}].
        I tend to forget the {about}. Remind me at {time}[ {repeat}].
        """,
        """
        Remind me of the {1.about} at {1.time} and of the {2.about} at {2.time}.
        """,
    ),
    tool(
        "rooms|office|meetings",
        "reserve|block|book",
        "conference_room|meeting_space|board_room",
        "Reserve a meeting room.|Block a room in an office.",
        [
            arg("office|site|city", "City of the office", city),
            arg("seats|capacity|people", "Number of seats", integer(3, 60)),
            arg(
                "when|slot|time_slot",
                "Day and time",
                record(arg("day|date", "Day", date(2025, 2026)), arg("start|from_time", "Start time", clock())),
            ),
            opt(
                "equipment|needs|features",
                "Things the room must have",
                several(
                    one_of(
                        (
                            "projector",
                            "whiteboard",
                            "video screen",
                            "microphone",
                            "flip chart",
                            "coffee machine",
                        )
                    ),
                    1,
                    3,
                ),
            ),
        ],
        """
        Reserve a room for {seats} people in our {office} office on {when.day} at {when.start}[ with a {equipment}].
        We need {seats} seats in {office} on {when.day}, starting {when.start}[, equipment: {equipment}].
        Block a meeting room in {office}: {when.day}, {when.start}, {seats} seats[, with {equipment}].
        Is there a room for {seats} people in {office} on {when.day} at {when.start}? Please book it.
        On {when.day} at {when.start} I need a room in {office} that holds {seats}[ and has a {equipment}].
        """,
    ),
)
