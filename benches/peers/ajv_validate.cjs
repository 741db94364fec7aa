// Nanoseconds of parsing and of validating one event with ajv: `ajv_validate.cjs SCHEMA EVENT REPEATS`.

const fs = require("fs");
const Ajv = require("ajv/dist/2020").default;
const formats = require("ajv-formats").default;

const [schema, event, repeats] = process.argv.slice(2);
const text = fs.readFileSync(event, "utf8");
const value = JSON.parse(text);
const ajv = new Ajv({ strict: false, allErrors: false });
formats(ajv);
const validate = ajv.compile(JSON.parse(fs.readFileSync(schema, "utf8")));
if (!validate(value)) {
    throw new Error(ajv.errorsText(validate.errors));
}

function nanos(work) {
    for (let turn = 0; turn < 2000; turn++) work();
    const begun = process.hrtime.bigint();
    for (let turn = 0; turn < Number(repeats); turn++) work();
    return Number(process.hrtime.bigint() - begun) / Number(repeats);
}

let kept;
const parse = nanos(() => { kept = JSON.parse(text); });
const validated = nanos(() => { kept = validate(value); });
console.log(JSON.stringify({ parse, validate: validated, kept }));
