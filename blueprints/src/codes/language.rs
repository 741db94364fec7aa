//! FL01xx: the language of definitions.

use super::codes;

codes! { LANGUAGE:
    DISAGREEMENT = "FL0100", "a definition passed every check and still could not be read",
        "This is a fault of Forgeline, not of the definition: the check and the reader of the file disagree. Please report it with the file; changing the field that the message names usually gets around it.";
    NOT_UTF8 = "FL0101", "a definition is not UTF-8",
        "Definitions are text files in UTF-8. The message names the first line with other bytes. Save the file in UTF-8; if it is a binary file, it does not belong here.";
    TOO_LARGE = "FL0102", "a definition is too large or nested too deep",
        "A definition may have at most 1 MiB and 64 levels, so that nobody can stop a factory by a file. Move long texts into templates beside the manifest.";
    NOT_YAML = "FL0103", "a definition is not a YAML document",
        "The file does not read as one YAML document. The place is where the reader stopped; the cause is often one line above: wrong indentation, a missing quote or bracket, or a tab.";
    DUPLICATE_KEY = "FL0104", "a key stands twice in a mapping",
        "Readers differ in which of two equal keys counts, so a definition may not have them. Keep one of them.";
    HIDDEN_YAML = "FL0105", "a definition uses an anchor, alias, merge key or tag",
        "A definition is reviewed as it stands in the file. Anchors, aliases, merge keys and tags make its meaning depend on other places, and small files of them can expand without bound. Write the value where it is used.";
    AMBIGUOUS = "FL0106", "YAML readers do not agree on a value",
        "Texts such as `yes`, `010`, `1_000` or `1e3` are a text for one YAML reader and a boolean or number for another. Quote it when it is a text; else write a plain decimal number, `true`, `false` or `null`.";
    UNKNOWN_FIELD = "FL0107", "a field is not part of the language",
        "The mapping has no field of this name, so it would have no effect. The hint names the nearest field that exists; the schemas in `schemas/` list all of them and give completion in editors.";
    MISSING_FIELD = "FL0108", "a field that must be there is missing",
        "The mapping cannot be used without this field. The hint says what it means; the schemas in `schemas/` show its form.";
    WRONG_TYPE = "FL0109", "a value has the wrong type",
        "The field takes another kind of value, for example a list where a text stands, or a text where a number stands. Versions, amounts and dates are texts: quote them.";
    WRONG_FORM = "FL0110", "a value has the wrong form",
        "The value is a text as expected but not of the form that this field needs, for example a name with capital letters or a version without its third number. The message says which form it is.";
    ESCAPING_PATH = "FL0111", "a path leaves its folder",
        "Paths are relative, without `..`, and may not reach `.git` or mean different things on different systems. A path of a stage is relative to the root of the target repository, a path of a template to the folder of its definition.";
    BAD_PERIOD = "FL0112", "a length of time is not readable",
        "Write a number with its unit: `500ms`, `45s`, `10m`, `2h`, `3d`, or several in falling order, `1h30m`. At most 365 days.";
    BAD_CONDITION = "FL0113", "a condition is not valid CEL",
        "Conditions are written in the Common Expression Language: `inputs.language == \"rust\" && size(work_item.labels) > 0`. At most 4 KiB and 32 levels of brackets. The message gives the place inside the condition.";
    CONDITION_VARIABLE = "FL0114", "a condition names a variable that does not exist here",
        "A stage's condition may name `inputs`, `work_item`, `project`, `run`, `event` and `stages`; the condition of an event trigger names `event`, and one of `policy.rules` names `file`, `change`, `project`, `blueprint` and `run`. `inputs.<name>` must be declared, and `stages.<id>` must be a stage that this one needs.";
    BAD_SCHEDULE = "FL0115", "a schedule is not readable",
        "A schedule has five fields: minute, hour, day of month, month, day of week, for example `0 6 * * 1`. The time zone is `UTC` or an IANA name.";
    DUPLICATE_STAGE = "FL0116", "two stages, or two skills, have the same id",
        "Ids name results, branches of the graph and log lines, so each occurs once. Rename one of them.";
    UNKNOWN_STAGE = "FL0117", "a stage is named that the blueprint does not have",
        "`needs` and `on_failure` name stages of the same blueprint by id. The hint names the nearest one.";
    CYCLE = "FL0118", "stages wait for each other",
        "The `needs` of these stages form a circle, so none of them could ever start. The message shows the circle; remove one of its arrows.";
    UNKNOWN_AGENT = "FL0119", "there is no agent of this name",
        "`uses` names an agent of the factory's folder `agents/`, or one that is built in. `forgeline agents list` shows them.";
    UNSATISFIED_RANGE = "FL0120", "no version of the agent is in the range",
        "There is an agent of this name, but the versions at hand are outside the range behind the `@`. Change the range, or add the version.";
    BAD_TEMPLATE = "FL0121", "a template is not well formed",
        "The text between `{{` and `}}` cannot be read: an unclosed block, an unknown function, partials that include each other, or nesting beyond the bounds. The place is inside the named file.";
    TEMPLATE_VARIABLE = "FL0122", "a template names a variable that does not exist here",
        "Templates are strict, so an undefined variable would fail the task at run time. Stages may name `inputs`, `work_item`, `project`, `run`, `event`, `stages.<id>` of a stage that they need, and their matrix variable; templates of an agent may also name `with`, `knowledge` and the agent's declared inputs.";
    UNKNOWN_CONTRACT = "FL0123", "there is no event contract of this name",
        "Every event that a blueprint emits or listens to has a contract in the schema registry. `forgeline contracts list` shows them; `forgeline contracts new` proposes one.";
    UNKNOWN_CONTRACT_VERSION = "FL0124", "the contract has no such version",
        "The contract exists, but not at this version. The message lists the published versions.";
    BAD_SCHEMA = "FL0125", "`inputs` is not a usable JSON Schema",
        "The JSON Schema of the inputs does not compile. Remote and file references are not allowed; patterns are regular expressions without look-around and back-references.";
    SHARED_LABEL = "FL0126", "two blueprints start on the same label",
        "Setting the label starts both of them, each with its own branch and pull request. That is allowed; give one of them another label if it is not meant.";
    NAME_DIFFERS = "FL0127", "a definition's name differs from its folder's",
        "A blueprint `x` lies in `blueprints/x/blueprint.yaml`, an agent `x` in `agents/x/agent.yaml`, so that a name leads to its file. Rename one of them.";
    CHANGED_VERSION = "FL0128", "a published version changed without a new number",
        "Runs, approvals and commits refer to definitions by name and version, so a published version never changes. Raise `metadata.version`: the patch number for a correction, the minor number for an addition, the major number for anything that breaks its users.";
    OPERATOR_KEY = "FL0129", "a setting belongs to the operator",
        "`forgeline.yaml` lies in a repository that many people can change, so it can only narrow what a run may do. Forges, endpoints, secrets, models, stores and ceilings belong to the operator's own file, given by `--config` or found in the user's or system's configuration directory.";
    MISSING_PARAMETER = "FL0130", "a stage does not give its agent a required parameter",
        "The agent's `inputs` require a parameter that neither the stage's `with` nor its matrix variable gives. Add it to `with`.";
    STAGE_WORK = "FL0131", "a stage has no work, or two kinds of it",
        "A stage either `uses` an agent or asks for an `approval`. An approval has no agent, matrix, products or events.";
    MISSING_FILE = "FL0132", "a skill names a file that is not there",
        "The path is relative to the folder of `agent.yaml`. A folder ends in `/` and has at least one file.";
    UNAVAILABLE_SKILL = "FL0133", "no skill of the agent is available in this build",
        "The language knows the kinds `template`, `model`, `command`, `tool` and `composite`; this build performs `template`. An agent is usable when one of its skills is available: add a `template` skill that does the work without the others.";
    MISNAMED_FILE = "FL0134", "a manifest has a name that is not looked for",
        "Manifests are `blueprint.yaml`, `agent.yaml` and `forgeline.yaml`. A file with the ending `.yml` is not read; rename it.";
    UNKNOWN_BLUEPRINT = "FL0135", "a blueprint is named that the factory does not have",
        "`on_failure` starts a blueprint of the factory or a built-in one by name. `forgeline blueprints list` shows them.";
    UNKNOWN_PARAMETER = "FL0136", "a stage gives its agent a parameter that it does not know",
        "The agent's `inputs` allow no further properties, and this one is not declared. The hint names the nearest one.";
    DUPLICATE_PROJECT = "FL0137", "two projects have the same id, or claim the same repository",
        "A project is named by its id in budgets, events and reports, and a repository belongs to one project. Rename or merge them.";
    OUTSIDE_TARGETS = "FL0138", "a repository is outside the factory's targets",
        "`targets` in `forgeline.yaml` lists the repositories that the factory may write to. A project or route names one that no element of `targets` matches.";
    UNEMITTED_EVENT = "FL0139", "an event is emitted that nobody fills, or filled that nobody emits",
        "A stage's `emits` and the `events` of its agent's skill belong together: the first allows the event, the second gives its fields. Add the missing one.";
    MANY_VARIABLES = "FL0140", "a matrix has more than one variable",
        "A matrix is one variable with one list; each element is a task. For two dimensions let an earlier stage hand over the list of their combinations.";
    UNKNOWN_CHECK = "FL0141", "an agent names a validator or fixer that does not exist",
        "Validators and fixers are part of Forgeline and are named in `output.validators` and `correction.fixers`. The hint names the nearest one.";
    UNKNOWN_POOL = "FL0142", "a stage asks for a worker pool that nobody serves",
        "`pool` says which workers may take the stage's tasks. This build has one pool, `default`, and does all tasks in it whatever the stage says. Leave `pool` out, or correct its name.";
    IMPOSSIBLE_TRIGGER = "FL0147", "the filters of a trigger contradict each other",
        "All filters of a trigger must hold at once, and no event can meet these: the blueprint would never start from it, or its required check would never end. The message says which two do not go together; take one of them out, or write two elements of `on`.";
    GATE_RULE = "FL0149", "the factory's own rules for the write gate cannot be used",
        "`policy.rules` has at most 50 rules, because each of them is asked for every file that a run proposes, and their ids differ, because a verdict names a rule by its id. Join or rename rules.";
    EMPTY_ROUTE = "FL0158", "a route takes every work item",
        "An element of `routes` says which work items go to its repository: by `area_path`, by `label` or by `type`. One that says nothing would take all of them and hide those below it.";
}
