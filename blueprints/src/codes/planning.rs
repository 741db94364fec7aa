//! FL022x: what a blueprint reads and a run lacks; FL025x: inputs and plan. FL0201–FL0219 are the findings on work items.

use super::codes;

codes! { PLANNING:
    NEEDS_FORM = "FL0220", "a blueprint needs a work item with entities",
        "The blueprint reads `work_item.spec`, which only a work item with the heading `## Entities` has. `forgeline init` installs the form; `forgeline validate item.md` shows how a work item is read.";
    NEEDS_WORK_ITEM = "FL0221", "a blueprint needs a work item",
        "A stage or a template of its agent reads `work_item`, and the run has none, so the task could only fail. Give one with `--work-item` or `--issue`, or comment on an issue. A blueprint that can do without reads it inside `{{#if work_item}}`.";
    NEEDS_EVENT = "FL0222", "a blueprint needs an event",
        "A stage or a template of its agent reads `event`, which only a run has that an event started. `forgeline events publish` hands an event in. A blueprint that can do without reads it inside `{{#if event}}`.";
    UNKNOWN_INPUT = "FL0251", "an input is given that the blueprint does not declare",
        "The blueprint's `inputs` allow no such name. `forgeline blueprints show <name>` lists what it asks for; the hint names the nearest one.";
    INVALID_INPUT = "FL0252", "an input is missing or not valid",
        "The inputs, with their defaults filled in, do not satisfy the blueprint's JSON Schema. The message names the input by its JSON pointer and what is expected of it.";
    NO_SUCH_BLUEPRINT = "FL0253", "there is no blueprint of this name",
        "The name is neither in the factory's folder `blueprints/` nor built in. `forgeline blueprints list` shows all of them.";
    UNAVAILABLE = "FL0254", "the blueprint needs something that is not available in this build",
        "The language names more than this build performs, so that definitions need not change later. The message says which part it is; nothing has been started.";
    BROKEN_DEFINITION = "FL0255", "the blueprint, or an agent that it uses, has errors",
        "A plan is made only from definitions without errors. `forgeline validate` shows all of them with their places.";
    OVER_CEILING = "FL0256", "a blueprint asks for more than the operator allows",
        "The operator's file has ceilings under `limits`, and a repository can only narrow them. The message names both places. Lower the blueprint's budget or timeout, or ask who runs Forgeline to raise the ceiling.";
}
