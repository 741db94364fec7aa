//! FL0803: what is left out among the definitions; FL081x: the operator's file. FL0801 and FL0802 are the findings on
//! folders.

use super::codes;

codes! { SETTINGS:
    LEFT_OUT = "FL0803", "an entry among the definitions cannot be read",
        "Definitions are plain files whose names are UTF-8, since they are named in commits, events and messages. The message says what is in the way, with a mark where a name has other bytes. Rename the entry, or move it out of the folders of definitions.";
    SECRET_LITERAL = "FL0811", "a secret stands in the operator's file",
        "The operator's file is copied, shown and kept like any other, so it names where a secret is and never holds it: `env:NAME` for an environment variable, `file:/path` for a file. It is read when it is used, so that it can be changed without a restart. If the file was seen by others, change the secret.";
}
