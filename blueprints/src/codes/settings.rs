//! FL0803: what is left out among the definitions; FL081x: the operator's file. FL0801 and FL0802 are the findings on
//! folders.

use super::codes;

codes! { SETTINGS:
    LEFT_OUT = "FL0803", "an entry among the definitions cannot be read",
        "Definitions are plain files whose names are UTF-8, since they are named in commits, events and messages. The message says what is in the way, with a mark where a name has other bytes. Rename the entry, or move it out of the folders of definitions.";
    TWO_REGISTRIES = "FL0804", "a factory has two registries of contracts",
        "`forgeline.yaml` names a repository of contracts, and the factory keeps a folder `schema-registry/` too. Only one of them can hold: move the contracts of the folder into that repository, or take `contracts` out of `forgeline.yaml`.";
    CONTRACTS_UNREAD = "FL0805", "the repository of contracts cannot be read",
        "The repository that `contracts` in `forgeline.yaml` names is not there, has no such branch, commit or folder, or no commit of its recent history holds a registry in order. Nothing starts without contracts. The message says which it is.";
    CONTRACTS_HELD_BACK = "FL0806", "the newest commit of the contracts is not in order",
        "The newest commit of the repository of contracts does not load, so the newest one before it that does stays in force. What is wrong follows in the message; `forgeline contracts check` shows all of it. As soon as a commit puts it right, that one is in force.";
    SECRET_LITERAL = "FL0811", "a secret stands in the operator's file",
        "The operator's file is copied, shown and kept like any other, so it names where a secret is and never holds it: `env:NAME` for an environment variable, `file:/path` for a file. It is read when it is used, so that it can be changed without a restart. If the file was seen by others, change the secret.";
}
