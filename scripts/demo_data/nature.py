"""Animals, plants, chemistry."""

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import ANIMALS, CHEMICALS, PLANTS
from demo_data.strings import city, country, month, one_of, string
from demo_data.values import choice, flag, integer, number, percent, several, year

GENES = string(lambda rng: "".join(rng.choice("ACGT") for _ in range(rng.randint(6, 14))))

TOOLS = (
    tool(
        "wildlife|animals|zoology",
        "describe|get|look_up",
        "animal_traits|species_traits|animal_facts",
        "Traits of an animal.|Facts about a species.",
        [
            arg("animal|species|creature", "Name of the animal", one_of(ANIMALS)),
            arg(
                "traits|facts|properties",
                "Traits to report",
                several(
                    choice(
                        {
                            "diet|food": "diet",
                            "lifespan|age": "lifespan",
                            "habitat|home": "habitat",
                            "speed|top_speed": "speed",
                            "weight|mass": "weight",
                        }
                    ),
                    1,
                    3,
                ),
            ),
            opt(
                "young|juvenile|for_young",
                "Whether young animals are meant",
                flag("for young animals", "for adult animals"),
                False,
            ),
        ],
        """
        What is the {traits} of the {animal}[ {young}]?
        Describe the {animal}: {traits}[, {young}].
        My son wants to know the {traits} of a {animal}.
        Look up the {traits} of the {animal}[, {young}].
        I'm drawing a poster about the {animal} and need its {traits}.
        """,
        """
        Compare the {traits} of the {1.animal} and the {2.animal}.
        """,
    ),
    tool(
        "wildlife|census|conservation",
        "count|estimate|get",
        "animal_numbers|herd_count|wild_population",
        "Number of wild animals in a country.|How many animals of a kind live somewhere.",
        [
            arg("animal|species_name|kind", "Kind of animal", one_of(ANIMALS)),
            arg("country|territory|region", "Country where they live", country),
            opt("year|census_year|in_year", "Year of the count", year(1975, 2024)),
            opt(
                "protected|only_protected|in_reserves",
                "Whether only protected areas count",
                flag("in protected areas only", ""),
            ),
        ],
        """
        How many animals of the kind {animal} live in {country}[, {protected}]?
        Estimate the {animal} population in {country}[ for {year}].
        Count every {animal} in {country}[ in {year}][, {protected}].
        What was the number of wild {animal} animals in {country}[ in {year}]?
        Get the {animal} numbers of {country}[, year {year}].
        """,
        """
        Estimate the {animal} population of {1.country} and of {2.country}[ in {year}].
        """,
    ),
    tool(
        "garden|plants|gardening",
        "plan|advise|get",
        "planting_calendar|sowing_advice|planting_guide",
        "When and how to plant something.|Advice for sowing in a garden.",
        [
            arg("plants|crops|to_plant", "Plants to grow", several(one_of(PLANTS), 1, 3)),
            arg("place|garden_city|location", "City of the garden", city),
            opt("month|sowing_month|start_month", "Month of planting", month),
            opt(
                "soil|ground|soil_type",
                "Kind of soil",
                choice(
                    {
                        "sandy|SAND": "sandy",
                        "clay|CLAY": "clay",
                        "loamy|LOAM": "loamy",
                        "chalky|CHALK": "chalky",
                    }
                ),
            ),
            opt("indoors|in_pots|inside", "Whether to start in pots", flag("in pots", "in the open ground")),
        ],
        """
        How should I plant {plants} in {place}[ in {month}][ on {soil} soil]?
        I have a garden in {place}[ with {soil} soil] and want to grow {plants}[, {indoors}].
        Plan the sowing of {plants} in {place}[ for {month}][, {indoors}].
        Give me advice on growing {plants} near {place}[, {soil} soil].
        When do {plants} go into the ground in {place}[ if the soil is {soil}]?
        """,
        """
        How do I grow {1.plants} in {1.place}, and {2.plants} in {2.place}?
        """,
    ),
    tool(
        "lab|chemistry|solutions",
        "prepare|mix|compute",
        "stock_solution|dilution|lab_solution",
        "How to mix a solution of a chemical.|Amount of a chemical for a solution.",
        [
            arg("chemical|compound|solute", "Chemical to dissolve", one_of(CHEMICALS)),
            arg("molarity|concentration|mol_per_liter", "Concentration in moles per liter", number(0.1, 6, 2)),
            arg("volume|volume_ml|milliliters", "Volume in milliliters", integer(50, 5000, 50)),
            opt("purity|grade|content", "Purity of the chemical", percent(70, 99), 100),
        ],
        """
        How do I prepare {volume} ml of a {molarity} mol/L solution of {chemical}[ with {purity} purity]?
        Prepare {volume} milliliters of {chemical} at {molarity} M[; the purity is {purity}].
        I need a {molarity} molar solution of {chemical}, {volume} ml in all[, purity {purity}].
        Compute the amount of {chemical} for {volume} ml at a concentration of {molarity} mol per liter.
        Mix a stock of {chemical}: {molarity} mol/L, {volume} mL[, {purity} pure].
        """,
        """
        Prepare {volume} ml each of {1.chemical} at {1.molarity} M and {2.chemical} at {2.molarity} M.
        """,
    ),
    tool(
        "genes|dna|biology",
        "find|locate|search",
        "motif_hits|gene_pattern|motif_places",
        "Where a motif occurs in a DNA sequence.|Search a DNA sequence for a pattern.",
        [
            arg("sequence|dna|strand", "DNA sequence to search", GENES),
            arg(
                "motif|pattern|wanted",
                "Short piece to look for",
                string(lambda rng: "".join(rng.choice("ACGT") for _ in range(rng.randint(2, 4)))),
            ),
            opt("mismatches|errors_allowed|max_errors", "Allowed number of mismatches", integer(2, 3), 0),
            opt(
                "both|both_strands|reverse_too",
                "Whether to search the other strand too",
                flag("on both strands", "on this strand only"),
                False,
            ),
        ],
        """
        Where does {motif} occur in the sequence {sequence}[, {both}]?
        Search {sequence} for the motif {motif}[ allowing {mismatches} mismatches].
        Find {motif} in the DNA {sequence}[ {both}].
        I have the DNA strand {sequence}. Locate {motif} in it[ with up to {mismatches} errors].
        Given the sequence {sequence}, look for the pattern {motif}[ {both}].
        """,
        """
        Search the sequence {sequence} for {1.motif} and for {2.motif}.
        """,
    ),
)
