"""Devices at home."""

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import ROOMS
from demo_data.strings import clock, minutes, one_of, weekday
from demo_data.values import choice, flag, integer, number, several

ROOM = one_of(ROOMS)

TOOLS = (
    tool(
        "lights|home|lamps",
        "set|adjust|switch",
        "room_light|lamp_state|lighting",
        "Set the lights of a room.|Switch and dim lamps.",
        [
            arg("room|zone|place", "Room of the lights", ROOM),
            arg("on|power|turned_on", "Whether the lights are on", flag("on", "off")),
            opt("brightness|level|dim_level", "Brightness in percent", integer(5, 95)),
            opt(
                "color|tone|shade",
                "Color of the light",
                choice({"warm|warm_white": "warm", "cold|cold_white": "cold", "blue|blue_tone": "blue"}),
            ),
        ],
        """
        Turn the lights in the {room} {on}.
        Switch {on} the lamps in the {room}[ at {brightness} percent][, {color} tone].
        The lights in the {room} should be {on}[ with a brightness of {brightness}%].
        Lights {on} in the {room}, please[, color {color}].
        I want the {room} lights {on}[, at a brightness of {brightness} percent].
        """,
        """
        Turn the lights {1.on} in the {1.room} and {2.on} in the {2.room}.
        Switch the lights {on} in the {1.room}, the {2.room} and the {3.room}.
        """,
    ),
    tool(
        "heating|climate_control|home",
        "set|change|program",
        "room_heat|thermostat|target_temperature",
        "Set the temperature of a room.|Program the heating.",
        [
            arg("room|area|location", "Room to heat", ROOM),
            arg("degrees|temperature|target", "Wanted temperature", number(14, 27)),
            opt("from_time|start|starting_at", "Time when it starts", clock()),
            opt(
                "unit|scale",
                "Scale of the temperature",
                choice({"C|celsius": "Celsius", "F|fahrenheit": "Fahrenheit"}),
                "C",
            ),
            opt("days|weekdays|on_days", "Days of the week", several(weekday, 1, 3)),
        ],
        """
        Heat the {room} to {degrees} degrees[ {unit}][ from {from_time}][ on {days}].
        Set the {room} to {degrees} degrees[, starting at {from_time}].
        I'm cold in the {room}. Make it {degrees} degrees[ {unit}], please.
        Program the heating: {room}, {degrees} degrees[ on {days}][ from {from_time}].
        The temperature in the {room} should be {degrees}[ {unit}][ on {days}].
        """,
        """
        Set the {1.room} to {1.degrees} degrees and the {2.room} to {2.degrees} degrees.
        """,
    ),
    tool(
        "cleaning|robots|home",
        "send|start|dispatch",
        "cleaning_robot|vacuum_run|robot_vacuum",
        "Send the cleaning robot to rooms.|Start a cleaning run.",
        [
            arg("rooms|zones|areas", "Rooms to clean", several(ROOM, 1, 4)),
            opt(
                "mode|program|cleaning_mode",
                "Way of cleaning",
                choice({"quiet|eco": "quiet", "normal|standard": "normal", "deep|turbo": "deep"}),
                "normal",
            ),
            opt("mop|wet|with_water", "Whether to mop as well", flag("with mopping", "without mopping"), False),
            opt("start_at|time|begin", "Time to start", clock()),
        ],
        """
        Clean the {rooms}[ in {mode} mode][, {mop}][, starting at {start_at}].
        Send the robot to the {rooms}[ at {start_at}][, {mop}].
        The {rooms} could use some cleaning[, {mode} mode, please].
        Start cleaning the {rooms}[ {mop}].
        Have the vacuum do the {rooms}[ in {mode} mode].
        """,
    ),
    tool(
        "appliances|kitchen|home",
        "run|start|launch",
        "washing_program|wash_cycle|laundry_cycle",
        "Start the washing machine.|Run a washing program.",
        [
            arg(
                "program|fabric|load_type",
                "Washing program",
                choice(
                    {
                        "cotton|COTTON": "cotton",
                        "wool|WOOL": "wool",
                        "delicate|DELICATE": "delicate",
                        "sports|SPORTS": "sportswear",
                    }
                ),
            ),
            arg("temperature|water_temp|degrees", "Water temperature in degrees Celsius", integer(20, 90, 10)),
            opt("spin|spin_speed|rpm", "Turns a minute when spinning", integer(400, 1600, 200)),
            opt("delay|delay_minutes|wait", "Time to wait before it starts", minutes()),
            opt(
                "extra_rinse|second_rinse|rinse_twice",
                "Whether to rinse twice",
                flag("with an extra rinse", "without an extra rinse"),
                False,
            ),
        ],
        """
        Start the {program} program at {temperature} degrees[ with {spin} rpm][, {extra_rinse}].
        Wash my {program} load at {temperature} degrees[, starting in {delay}].
        Run a {program} cycle, {temperature} degrees[, spin {spin}][, {extra_rinse}].
        I put a {program} load in; wash it at {temperature} °C[ in {delay}].
        Set the machine to {program}, {temperature} degrees[, spinning at {spin}].
        """,
    ),
    tool(
        "security|doors|alarm",
        "record|review|fetch",
        "camera_footage|camera_clips|door_video",
        "Show what a camera recorded.|Video of a camera in some hours.",
        [
            arg("camera|camera_place|where", "Place of the camera", ROOM),
            arg("start|from_time|begin", "First moment", clock()),
            arg("end|until_time|finish", "Last moment", clock()),
            opt(
                "motion|motion_only|only_movement",
                "Whether only moments with movement count",
                flag("only moments with movement", ""),
            ),
            opt("speed|playback|fast_forward", "Speed of the playback", number(1.5, 8)),
        ],
        """
        Show me what the {camera} camera saw from {start} to {end}[, {motion}].
        Fetch the video of the {camera} camera between {start} and {end}[ at {speed} times the speed].
        Something fell down in the {camera}. Play the camera from {start} until {end}[, {motion}].
        Review the {camera} camera, {start} to {end}[, speed {speed}].
        I want to see the recording from the {camera}, beginning at {start} and ending at {end}.
        """,
    ),
    tool(
        "energy|power|meter",
        "report|show|get",
        "power_usage|electricity_use|device_consumption",
        "Electricity that a room or device used.|Power used over some days.",
        [
            arg(
                "device|appliance|consumer",
                "Device to report on",
                one_of(
                    (
                        "fridge",
                        "freezer",
                        "dishwasher",
                        "dryer",
                        "oven",
                        "heat pump",
                        "television",
                        "car charger",
                        "aquarium",
                        "boiler",
                    )
                ),
            ),
            arg("days|past_days|period", "Days to look back", integer(2, 90)),
            opt(
                "cost|as_cost|in_money",
                "Whether to report the cost",
                flag("as a cost|in money", "in kilowatt hours"),
                False,
            ),
            opt("price|kwh_price|tariff", "Price of a kilowatt hour", number(0.1, 0.6, 2)),
        ],
        """
        How much power did the {device} use in the last {days} days[, {cost}][, at {price} per kWh]?
        Report the electricity of the {device} over {days} days[ {cost}].
        My bill is high. What did the {device} use in the past {days} days[ at a price of {price} a kWh]?
        Show the use of the {device} for {days} days[, {cost}].
        Get the consumption of my {device}, past {days} days[, tariff {price}].
        """,
        """
        Compare the power that the {1.device} and the {2.device} used in {days} days.
        """,
    ),
)
