"""Fitness, medicine and well-being."""

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import EXERCISES, MEDICINES, SYMPTOMS
from demo_data.strings import clock, date, minutes, one_of, person
from demo_data.values import choice, flag, integer, number, record, several

SPECIALTIES = (
    "dermatologist",
    "cardiologist",
    "dentist",
    "pediatrician",
    "neurologist",
    "optician",
    "surgeon",
    "urologist",
    "psychiatrist",
    "allergist",
)
SEX = choice({"male|m": "man|male", "female|f": "woman|female"})

TOOLS = (
    tool(
        "fitness|training|workout",
        "log|record|save",
        "exercise_session|workout_entry|training_session",
        "Write down a finished workout.|Save an exercise session in the training diary.",
        [
            arg("exercise|activity|sport", "What was done", one_of(EXERCISES)),
            arg("length|duration|minutes", "Length of the session", minutes()),
            opt(
                "effort|intensity|level",
                "How hard it was",
                choice({"easy|low": "easy", "moderate|medium": "moderate", "hard|high": "hard"}),
            ),
            opt("heart_rate|pulse|avg_bpm", "Average heart rate", integer(85, 185)),
        ],
        """
        Log {length} of {exercise}[, effort {effort}][, average pulse {heart_rate}].
        I did {exercise} for {length}[ and it felt {effort}]. Please save it.
        Record a session of {exercise} that lasted {length}[ with a heart rate of {heart_rate}].
        Put {length} of {exercise} into my training diary[ as {effort}].
        My workout today: {exercise}, {length}[, {effort}][, pulse {heart_rate}].
        """,
        """
        Log {1.length} of {1.exercise} and {2.length} of {2.exercise}.
        I did {1.exercise} and {2.exercise}, {length} each. Save both.
        """,
    ),
    tool(
        "fitness|body|health",
        "estimate|compute|get",
        "burned_energy|calories_used|energy_burn",
        "Energy burned during an activity.|Calories that a person uses while exercising.",
        [
            arg("weight|body_weight|weight_kg", "Body weight in kilograms", number(42, 130)),
            arg("activity|exercise_type|sport", "Kind of activity", one_of(EXERCISES)),
            arg("duration|time_spent|length", "Time spent on it", minutes()),
            opt("age|age_years|years_old", "Age in years", integer(16, 85)),
        ],
        """
        How many calories does a person of {weight} kg burn in {duration} of {activity}[ at age {age}]?
        I weigh {weight} kilos and did {activity} for {duration}[; I'm {age} years old]. What did I burn?
        Estimate the energy used by {duration} of {activity} for a body weight of {weight} kg[ and an age of {age}].
        Get the calories for {activity}: {duration}, {weight} kg[, age {age}].
        What does {duration} of {activity} burn if you weigh {weight} kg[ and are {age} years old]?
        """,
        """
        Compare the calories that {duration} of {1.activity} and of {2.activity} burn at {weight} kg.
        """,
    ),
    tool(
        "clinic|doctors|medical",
        "book|arrange|request",
        "doctor_visit|medical_appointment|clinic_visit",
        "Arrange a visit to a doctor.|Book an appointment with a specialist.",
        [
            arg(
                "patient|patient_details|for_person",
                "Who is treated",
                record(
                    arg("name|full_name", "Full name", person),
                    arg("age|years", "Age in years", integer(3, 92)),
                ),
            ),
            arg("specialist|doctor_type|specialty", "Kind of doctor", one_of(SPECIALTIES)),
            arg("day|visit_date|on", "Day of the visit", date(2025, 2026)),
            opt("time|hour|slot", "Time of the visit", clock()),
            opt(
                "insured|has_insurance|covered",
                "Whether insurance pays",
                flag("insurance will pay", "there is no insurance"),
            ),
        ],
        """
        Book a visit to a {specialist} for {patient.name}, aged {patient.age}, on {day}[ at {time}].
        {patient.name}, {patient.age} years old, needs to see a {specialist} on {day}[; {insured}].
        Arrange an appointment with a {specialist} on {day}[, {time}] for {patient.name} ({patient.age}).
        I'm {patient.name}, age {patient.age}. I'd like to see a {specialist} on {day}[ around {time}].
        Get {patient.name} (age {patient.age}) an appointment with a {specialist}, {day}[; {insured}].
        """,
    ),
    tool(
        "symptoms|triage|health",
        "check|assess|explain",
        "complaints|symptom_list|possible_causes",
        "Possible causes of symptoms.|Assess a list of complaints.",
        [
            arg("symptoms|complaints|signs", "What the person suffers from", several(one_of(SYMPTOMS), 1, 4)),
            arg("age|patient_age|years_old", "Age of the person", integer(4, 90)),
            opt("sex|gender", "Sex of the person", SEX),
            opt("days|since_days|duration_days", "Days since it began", integer(2, 21)),
        ],
        """
        What could cause {symptoms} in someone aged {age}[, {sex}][, for {days} days now]?
        I'm {age} and have {symptoms}[ since {days} days ago]. What might it be?
        Check these complaints: {symptoms}. The person is {age} years old[ and {sex}].
        A {age}-year-old patient has {symptoms}[ for the past {days} days]. Assess this.
        Assess {symptoms} at age {age}[, {sex}][, lasting {days} days].
        """,
    ),
    tool(
        "pharmacy|medicine|drugs",
        "check|test|verify",
        "drug_mix|medicine_pair|drug_conflicts",
        "Whether medicines may be taken together.|Check medicines for dangerous combinations.",
        [
            arg("drugs|medicines|medications", "Names of the medicines", several(one_of(MEDICINES), 2, 4)),
            opt(
                "pregnant|during_pregnancy|is_pregnant",
                "Whether the patient is pregnant",
                flag("during pregnancy", "outside of pregnancy"),
                False,
            ),
            opt(
                "alcohol|with_alcohol|drinks_alcohol",
                "Whether the patient drinks alcohol",
                flag("together with alcohol", "without any alcohol"),
            ),
        ],
        """
        Can {drugs} be taken together[ {pregnant}]?
        Check whether {drugs} go together[, {pregnant}][ and {alcohol}].
        My doctor gave me {drugs}. Is it safe to mix them[ {alcohol}]?
        Are there any conflicts between {drugs}[ when taken {alcohol}]?
        Verify the combination of {drugs}[ {pregnant}].
        """,
        """
        Is it safe to combine {1.drugs}, and what about {2.drugs}?
        """,
    ),
    tool(
        "medicine|reminders|health",
        "set|create|add",
        "pill_reminder|dose_alarm|medicine_alarm",
        "Remind somebody to take a medicine.|Set an alarm for a dose.",
        [
            arg("medicine|drug_name|pill", "Medicine to take", one_of(MEDICINES)),
            arg("dose|dose_mg|milligrams", "Dose in milligrams", number(0.5, 800)),
            arg("times|clock_times|at", "Times of day", several(clock(), 1, 3)),
            opt("days|for_days|duration_days", "Number of days", integer(3, 60)),
            opt(
                "with_food|after_meal|take_with_food",
                "Whether to take it with food",
                flag("with food|after a meal", "on an empty stomach"),
            ),
        ],
        """
        Remind me to take {dose} mg of {medicine} at {times}[ for {days} days][, {with_food}].
        Set an alarm for {medicine}, {dose} milligrams, at {times}[, {with_food}].
        I have to take {dose} mg {medicine} every day at {times}[ during the next {days} days]. Please remind me.
        Add a pill reminder: {medicine} {dose} mg, {times}[, {days} days].
        For {days} days, alert me at {times} to take {medicine}, {dose} mg[ {with_food}].
        """,
    ),
)
