"""School, languages and courses."""

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import SUBJECTS, TOPICS
from demo_data.strings import city, country, date, language, minutes, one_of, person
from demo_data.values import choice, flag, integer, number, percent, several

SUBJECT = one_of(SUBJECTS)
LEVEL = choice({"beginner|A1": "beginner", "intermediate|B1": "intermediate", "advanced|C1": "advanced"})

TOOLS = (
    tool(
        "language|translate|text",
        "render|put|express",
        "phrase_in_language|sentence_translation|wording",
        "Translate a phrase into another language.|Put a phrase into other languages.",
        [
            arg(
                "phrase|text|words",
                "Text to translate",
                one_of(
                    ("Where is", "How much is", "I am looking for", "Please show me", "I lost"),
                    (
                        "the station",
                        "my suitcase",
                        "a warm coat",
                        "the nearest bank",
                        "the menu",
                        "a quiet room",
                        "the way out",
                        "this painting",
                    ),
                ),
            ),
            arg("target|into|to_language", "Language of the result", language),
            opt("source|from_language|original_language", "Language of the text", language),
            opt(
                "polite|formal|formal_tone",
                "Whether to use a formal tone",
                flag("in a formal tone", "in a casual tone"),
                False,
            ),
        ],
        """
        How do you say "{phrase}" in {target}[, {polite}]?
        Translate "{phrase}"[ from {source}] into {target}[ {polite}].
        I'm abroad and need the phrase '{phrase}' in {target}[, {polite}].
        Put "{phrase}" into {target}[; the original is {source}].
        What is the {target} for "{phrase}"?
        """,
        """
        Say "{phrase}" in {1.target}, {2.target} and {3.target}.
        Translate "{phrase}" into {1.target} and into {2.target}[, {polite}].
        """,
    ),
    tool(
        "courses|campus|school",
        "search|find|list",
        "evening_courses|class_offers|lecture_offers",
        "Courses about a subject.|Find classes by subject and place.",
        [
            arg("subject|topic|field", "Subject of the course", SUBJECT),
            arg("city|campus|location", "City of the course", city),
            opt("level|skill_level|difficulty", "Level of the course", LEVEL),
            opt(
                "online|remote|web_based",
                "Whether it is held online",
                flag("held online", "held in a classroom"),
            ),
            opt("max_fee|price_limit|budget", "Highest fee in dollars", integer(40, 3000, 10)),
        ],
        """
        Which {subject} courses are there in {city}[ for up to ${max_fee}][, {online}]?
        Find me a {level} class in {subject} in {city}[ under {max_fee} dollars].
        I'd like to learn {subject} in {city}[ at {level} level][, {online}].
        List {subject} classes in {city}[, {online}][, {level} level].
        Search {city} for {subject} courses[ that cost at most ${max_fee}].
        """,
        """
        Find courses in {city} on {1.subject} and on {2.subject}.
        """,
    ),
    tool(
        "exams|quiz|school",
        "make|generate|prepare",
        "practice_quiz|question_set|test_paper",
        "Make a quiz about subjects.|Generate practice questions.",
        [
            arg("subjects|topics|themes", "Subjects of the questions", several(SUBJECT, 1, 3)),
            arg("questions|n_questions|size", "Number of questions", integer(3, 60)),
            opt(
                "kind|question_type|style",
                "Kind of question",
                choice(
                    {
                        "multiple_choice|MC": "multiple-choice",
                        "open|OPEN": "open",
                        "true_false|TF": "true-or-false",
                    }
                ),
            ),
            opt("time|time_limit|duration", "Time to answer", minutes()),
            opt(
                "solutions|with_answers|include_key",
                "Whether to add the answers",
                flag("with the answers", "without the answers"),
                False,
            ),
        ],
        """
        Make a quiz of {questions} questions on {subjects}[, {solutions}][, time limit {time}].
        Generate {questions} {kind} questions about {subjects}[ {solutions}].
        My students need {questions} questions on {subjects}[, {kind} ones][, {solutions}].
        Prepare a test: {subjects}, {questions} questions[, {time}][, {kind}].
        I have an exam in {subjects}. Quiz me with {questions} questions[ in {time}].
        """,
        """
        Make one quiz of {1.questions} questions on {1.subjects} and one of {2.questions} on {2.subjects}.
        """,
    ),
    tool(
        "grades|school|marks",
        "work_out|compute|get",
        "weighted_mark|final_mark|term_mark",
        "Final mark from tests and homework.|Weighted mark of a student.",
        [
            arg("tests|test_marks|scores", "Marks of the tests", several(integer(35, 100), 2, 5)),
            arg("homework|homework_mark|homework_score", "Mark of the homework", number(30, 100)),
            opt("test_weight|weight|share_of_tests", "Weight of the tests", percent(30, 90, 0), 60),
            opt("student|pupil|for_student", "Name of the student", person),
        ],
        """
        What is the final mark for tests of {tests} and {homework} in homework[ if tests count {test_weight}]?
        Work out the mark of {student}: tests {tests}, homework {homework}[, test weight {test_weight}].
        I scored {tests} in my tests and {homework} in homework[; tests weigh {test_weight}]. What is my grade?
        Compute the term mark from test scores {tests} and a homework score of {homework}[ for {student}].
        Get the final grade: homework {homework}, tests {tests}[, with {test_weight} for tests].
        """,
    ),
    tool(
        "students|exchange|campus",
        "enroll|register|sign_up",
        "exchange_student|program_student|guest_student",
        "Enroll a student in a program abroad.|Register somebody for an exchange.",
        [
            arg("student|name|student_name", "Full name of the student", person),
            arg("country|host_country|abroad_in", "Country to go to", country),
            arg("subjects|majors|courses", "Subjects to study", several(SUBJECT, 1, 3)),
            arg("start|begin_date|first_day", "First day", date(2025, 2027)),
            opt(
                "housing|needs_housing|with_room",
                "Whether a room is needed",
                flag("with a room on campus", "without housing"),
            ),
        ],
        """
        Enroll {student} for {subjects} in {country} from {start}[, {housing}].
        {student} wants to study {subjects} in {country}, starting on {start}[ {housing}].
        Register {student} for an exchange to {country}: {subjects}, first day {start}[, {housing}].
        Sign up {student} to learn {subjects} in {country} as of {start}.
        I'm {student}. Please put me down for {subjects} in {country}, beginning {start}[, {housing}].
        """,
    ),
    tool(
        "writing|essays|text",
        "outline|sketch|draft",
        "essay_plan|paper_outline|essay_structure",
        "Outline of an essay.|Plan a text about a topic.",
        [
            arg("topic|theme|about", "Topic of the text", one_of(TOPICS)),
            arg("words|word_count|length", "Length in words", integer(200, 6000, 50)),
            opt("sections|parts|n_sections", "Number of sections", integer(3, 9)),
            opt(
                "tone|style|voice",
                "Tone of the text",
                choice({"formal|FORMAL": "formal", "humorous|HUMOROUS": "humorous", "neutral|NEUTRAL": "neutral"}),
                "neutral",
            ),
            opt(
                "sources|citations|with_sources",
                "Whether to list sources",
                flag("with sources", "without sources"),
            ),
        ],
        """
        Outline a text of {words} words about the {topic}[ in {sections} sections][, {sources}].
        Plan an essay on the {topic}, {words} words[, in a {tone} tone][, {sources}].
        I have to write {words} words about the {topic}[ with a {tone} voice]. Sketch a plan[ of {sections} sections].
        Draft the structure of a {words}-word paper on the {topic}[, {tone} tone].
        Give me an outline: topic {topic}, length {words} words[, {sections} parts].
        """,
    ),
)
