"""Motion, heat, light and electricity."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import MATERIALS, PLANETS
from demo_data.strings import one_of
from demo_data.values import choice, flag, integer, number, several

TOOLS = (
    tool(
        "mechanics|motion|physics",
        "compute|find|predict",
        "braking_distance|stop_length|stopping_path",
        "Distance a vehicle needs to stop.|How far a vehicle rolls after the brakes are applied.",
        [
            arg(
                "speed|velocity|initial_speed",
                "Speed before braking, in km/h|Vehicle speed in km/h",
                integer(15, 220),
            ),
            arg("friction|grip|friction_coefficient", "Friction between tire and road", number(0.1, 0.9, 2)),
            opt(
                "slope|gradient|incline",
                "Slope of the road in degrees, negative is downhill",
                integer(-12, 12),
                0,
            ),
        ],
        """
        How far does a car roll when braking from {speed} km/h with friction {friction}[ on a slope of {slope} degrees]?
        Find the stopping distance at {speed} km/h if the friction coefficient is {friction}[ and the slope is {slope} degrees].
        A truck goes {speed} km/h and the grip of the road is {friction}. What distance does it need to stop?
        Compute the braking path for speed {speed} km/h, friction {friction}[, incline {slope} degrees].
        With a friction value of {friction}[ and a gradient of {slope} degrees], how long is the stop from {speed} km/h?
        Predict the stopping length of a bus driving {speed} kilometers per hour on a road with grip {friction}.
        """,
        """
        Compare the stopping distances from {1.speed} km/h and {2.speed} km/h when the friction is {friction}.
        """,
    ),
    tool(
        "heat|thermo|thermal",
        "calculate|get|find",
        "warming_energy|heat_needed|heating_energy",
        "Energy needed to warm a mass of material.|Heat that raises the temperature of a material.",
        [
            arg("mass|mass_kg|weight", "Mass in kilograms", number(0.2, 90)),
            arg("material|substance", "Material that is heated", one_of(MATERIALS)),
            arg("rise|delta_t|temperature_change", "Temperature change in degrees Celsius", integer(-60, 400)),
            opt(
                "unit|energy_unit",
                "Unit of the result",
                choice(
                    {
                        "J|joule": "joules",
                        "kJ|kilojoule": "kilojoules|kJ",
                        "kcal|kilocalorie": "kilocalories|kcal",
                    }
                ),
                "J",
            ),
        ],
        """
        How much energy changes the temperature of {mass} kg of {material} by {rise} degrees[, in {unit}]?
        Find the heat for {mass} kilograms of {material} and a temperature change of {rise} degrees Celsius[, given in {unit}].
        Calculate the warming energy: material {material}, mass {mass} kg, change {rise} °C[, result in {unit}].
        I have {mass} kg of {material} and want to change its temperature by {rise} °C. What heat does that take[ in {unit}]?
        What heat does a {mass} kg block of {material} exchange for a change of {rise} degrees[ in {unit}]?
        """,
        """
        Find the energy for a change of {rise} degrees in {1.mass} kg of {1.material} and in {2.mass} kg of {2.material}.
        """,
    ),
    tool(
        "circuits|electric|electronics",
        "combine|add|join",
        "resistors|resistor_network|resistances",
        "Total resistance of several resistors.|Combine resistors in one circuit.",
        [
            arg(
                "ohms|resistances|resistor_values",
                "Resistance of each resistor in ohms",
                several(number(0.5, 990), 2, 5),
            ),
            arg(
                "wiring|layout|connection",
                "How they are connected",
                choice(
                    {
                        "series|in_series": "in series|one after another",
                        "parallel|in_parallel": "in parallel|side by side",
                    }
                ),
            ),
        ],
        """
        What is the total resistance of {ohms} ohms connected {wiring}?
        Combine resistors of {ohms} ohms {wiring}.
        I have resistors of {ohms} ohms that are wired {wiring}. What is their total?
        Work out the resistance of a circuit where {ohms} ohm resistors sit {wiring}.
        Given resistors with values {ohms} wired {wiring}, find the combined value.
        If {ohms} ohms are joined {wiring}, which single resistor could replace them?
        """,
        """
        Find the total resistance of {1.ohms} ohms {1.wiring} and then of {2.ohms} ohms {2.wiring}.
        """,
    ),
    tool(
        "astro|planets|space",
        "show|get|convert",
        "weight_on_planet|body_weight_elsewhere|planet_weight",
        "Weight of a person or thing on another world.|What a scale would show on a planet or moon.",
        [
            arg("earth_weight|weight_kg|mass", "Weight on Earth in kilograms", number(1, 300)),
            arg("planet|world|body", "Planet or moon", one_of(PLANETS)),
        ],
        """
        What would {earth_weight} kg weigh on {planet}?
        Something weighs {earth_weight} kg on Earth. How heavy would it be on {planet}?
        On {planet}, what does a scale show for an object of {earth_weight} kg?
        Convert a weight of {earth_weight} kilograms on Earth to its weight on {planet}.
        If I weigh {earth_weight} kg here, how much would I weigh standing on {planet}?
        """,
        """
        How heavy would {earth_weight} kg be on {1.planet}, {2.planet} and {3.planet}?
        What would {1.earth_weight} kg weigh on {1.planet}, and {2.earth_weight} kg on {2.planet}?
        """,
    ),
    tool(
        "waves|acoustics|sound",
        "find|compute|tell",
        "echo_delay|echo_time|sound_return_time",
        "Seconds until an echo returns.|Time between a shout and its echo.",
        [
            arg("distance|wall_distance|meters", "Distance to the wall in meters", integer(20, 3000)),
            opt("air_temperature|celsius|temp", "Air temperature in degrees Celsius", integer(-25, 42), 20),
            opt(
                "underwater|in_water",
                "Whether the sound travels through water",
                flag("under water", "through air"),
                False,
            ),
        ],
        """
        How long until the echo comes back from a wall {distance} meters away[ when it is {air_temperature} degrees]?
        Compute the echo delay for a cliff at a distance of {distance} m[, sound traveling {underwater}].
        A rock face is {distance} meters away[ and the air has {air_temperature} °C]. When will I hear my echo?
        Find the echo time over {distance} m[ {underwater}][ at {air_temperature} degrees Celsius].
        Tell me the seconds between a shout and its echo if the wall stands {distance} meters off[, at {air_temperature} °C].
        """,
        """
        How long does an echo take from {1.distance} meters and from {2.distance} meters?
        """,
    ),
    tool(
        "optics|light|lenses",
        "locate|find|compute",
        "lens_image|image_position|lens_projection",
        "Where a thin lens forms an image.|Image distance of an object in front of a lens.",
        [
            arg("focal_length|focus|f", "Focal length in centimeters", number(2, 60)),
            arg(
                "object_distance|object_at|d_object",
                "Distance of the object in centimeters",
                integer(10, 500),
            ),
            opt(
                "lens_type|shape|lens",
                "Type of lens",
                choice({"convex|converging": "convex|converging", "concave|diverging": "concave|diverging"}),
                "convex",
            ),
        ],
        """
        Where does a lens with a focal length of {focal_length} cm form the image of an object {object_distance} cm away?
        Find the image for f = {focal_length} cm and an object at {object_distance} cm[, with a {lens_type} lens].
        An object stands {object_distance} cm in front of a[ {lens_type}] lens of focal length {focal_length} cm. Where is its image?
        Compute the image position: object distance {object_distance} cm, focal length {focal_length} cm[, {lens_type} lens].
        Locate the image of a candle {object_distance} cm from a lens whose focal length is {focal_length} cm[; the lens is {lens_type}].
        """,
    ),
)
