"""The mistakes of probe files: file, then line, key, and parts of cause and remedy."""

MISTAKES = [
    ("steps:\n  - htpp: /", (2, "steps[0].htpp", "there is no key htpp here", "did you mean http?")),
    (
        "steps:\n  - http: /\n    exec: x",
        (2, "steps[0]", "http and exec are in one step", "make them steps of their own"),
    ),
    ("steps:\n  - name: a", (2, "steps[0]", "the step does nothing", "give it one of http, exec,")),
    (
        "steps:\n  - http: /\n    expect:\n      body: 'a('",
        (4, "steps[0].expect.body", "'a(' is no regular expression: missing )", "mend it"),
    ),
    (
        "ready: {log: '*'}",
        (1, "ready.log", "'*' is no regular expression: nothing to repeat", "mend it"),
    ),
    (
        "variables:\n  a: ${env:NOT_THERE}",
        (2, "variables.a", "the environment of slim has no variable NOT_THERE", "set it, or give a default"),
    ),
    (
        "steps:\n - http: /\n   capture: {a: {json: items.0.id}}",
        (3, "steps[0].capture.a.json", "'items.0.id' is no JSON Pointer (RFC 6901)", "write /items/0/id"),
    ),
    (
        "steps:\n - http: /\n   expect: {json: {'/a~b': 1}}",
        (3, "steps[0].expect.json./a~b", "'/a~b' is no JSON Pointer", "write ~0 for ~"),
    ),
    (
        "steps:\n - http: {path: /, body_file: gone.json}",
        (
            2,
            "steps[0].http.body_file",
            "gone.json cannot be used: No such file or directory",
            "name a readable",
        ),
    ),
    (
        "steps:\n - http: {path: /, body_file: .}",
        (2, "steps[0].http.body_file", " cannot be used: it is not a regular file", "name a readable"),
    ),
    (
        "runs:\n - name: a\n   env_file: gone.env",
        (3, "runs[0].env_file", "gone.env cannot be used: No such file or directory", "name a readable"),
    ),
    (
        "steps:\n  - http: /\n  - http: /\nsteps: []",
        (4, "", "the key steps is here twice, first in line 1", "keep"),
    ),
    ("steps:\n\t- http: /", (2, "", "found character '\\t' that cannot start any token", "indent by blanks")),
    ("a: b: c", (1, "", "mapping values are not allowed here", "put text that holds `: ` between quotes")),
    ("steps: *gone", (1, "", "found undefined alias 'gone'", "between quotes")),
    ("steps: &a [*a]", (1, "", "an alias stands inside what it names", "write it out")),
    (
        "steps: !!python/object:os.system []",
        (1, "", "the tag !!python/object:os.system means nothing", "leave"),
    ),
    ("steps: !Ref x", (1, "", "the tag !Ref means nothing here", "leave it out")),
    ("? [a]\n: b", (1, "", "a key must be text", "write a name before the colon")),
    ("", (0, "", "the file is empty", "begin it with `steps:`")),
    ("# only a comment\n", (0, "", "the file is empty", "begin it with `steps:`")),
    ("- http: /", (1, "", "the file holds a list, not keys", "begin it with `steps:`")),
    ("steps:\n", (1, "steps", "a list is wanted, and this is nothing", "write a list, or leave the key out")),
    ("port: 70000", (1, "port", "70000 is out of range", "write a number from 1 to 65535")),
    ("port: true", (1, "port", "a whole number is wanted, and this is 'true'", "write a whole number")),
    ("port: '80'", (1, "port", "a whole number is wanted, and this is '80'", "write a whole number")),
    ("main: maybe", (1, "main", "true or false is wanted, and this is 'maybe'", "write true or false")),
    ("runs:\n - name: a\n   env: {A: }", (3, "runs[0].env.A", "and this is nothing", 'or "" for empty text')),
    ("runs:\n - command: a", (2, "runs[0]", "the key name is missing", "write it")),
    ("runs:\n - {name: a}\n - {name: a}", (3, "runs[1].name", "two runs are called a", "give each a name")),
    ("runs:\n - {name: A/B}", (2, "runs[0].name", "'A/B' cannot be the name of a run", "use small letters")),
    (
        "runs:\n - {name: a, command: 'a \"b'}",
        (2, "runs[0].command", "No closing quotation", "close the quotation"),
    ),
    (
        "runs:\n - {name: a, workdir: srv}",
        (2, "runs[0].workdir", "'srv' is not an absolute path", "write /srv"),
    ),
    ("main: false", (1, "main", "nothing is left to run", "add `runs:`")),
    (
        "main: false\nsteps: [{http: /}]\nruns: [{name: a}]",
        (
            2,
            "steps",
            "steps is for the image's own command, which `main: false` leaves out",
            "move it into a run",
        ),
    ),
    ("steps: [{http: login}]", (1, "steps[0].http", "'login' is not a path", "write /login")),
    ("steps: [{http: 'GET:/x'}]", (1, "steps[0].http", "'GET:/x' is not METHOD /path", "write GET /x")),
    ("steps: [{http: 'G@T /x'}]", (1, "steps[0].http", "'G@T' is no HTTP method", "write GET, POST")),
    ("steps: [{http: 'http://x/'}]", (1, "steps[0].http", "'http://x/' is a URL", "write its path")),
    ("steps: [{http: '/a#b'}]", (1, "steps[0].http", "what follows # is never sent", "write %23")),
    (
        "steps: [{http: {path: /, json: 1, body: x}}]",
        (1, "steps[0].http.json", "body and json are both given", "keep one of them"),
    ),
    ("steps: [{http: {path: /, verify: true}}]", (1, "steps[0].http.verify", "without TLS", "add tls: true")),
    (
        "steps: [{http: '/${usr}'}]\nvariables: {user: a}",
        (1, "steps[0]", "${usr} is neither in", "did you mean user?"),
    ),
    ("variables: {1a: 1}", (1, "variables.1a", "'1a' cannot be the name of a variable", "use letters")),
    ("steps: [{exec: ''}]", (1, "steps[0].exec", "the command line is empty", "write one")),
    (
        "steps: [{exec: a, expect: {status: 200}}]",
        (1, "steps[0].expect.status", "exec has no status", "of exec one expects body or json or exit_code"),
    ),
    (
        "steps: [{until: {port: 1}, capture: {a: {regex: b}}}]",
        (1, "steps[0].capture", "nothing can be captured of until", "capture in http or exec or host"),
    ),
    (
        "steps: [{exec: a, capture: {a: {cookie: b}}}]",
        (1, "steps[0].capture.a.cookie", "exec has no cookie", "of exec one captures by json or regex"),
    ),
    (
        "steps: [{http: /, expect: {status: 2000}}]",
        (1, "steps[0].expect.status", "2000 is no status", "100 to 599"),
    ),
    (
        "steps: [{http: {path: /, timeout: 1}, timeout: 2}]",
        (1, "steps[0].timeout", "the step has two timeouts", "keep one of them"),
    ),
    ("steps: [{parallel: []}]", (1, "steps[0].parallel", "parallel is empty", "write the steps")),
    (
        "steps: [{parallel: [{until: {port: 1}}]}]",
        (1, "steps[0].parallel[0].until", "until cannot be a part of parallel", "use http, exec"),
    ),
    ("ready: {port: 1, log: a}", (1, "ready", "log and port are all given", "give exactly one of log, port")),
    ("ready: {}", (1, "ready", "nothing is waited for", "give exactly one of log, port")),
    (
        "steps: [{http: /, repeat: 100000}]",
        (1, "steps[0].repeat", "100000 is out of range", "from 1 to 1000"),
    ),
    (
        'steps: [{http: /, name: "a\\nb"}]',
        (1, "steps[0].name", "the name has more than one line", "write it in one line"),
    ),
    (
        'steps: [{http: {path: /, body: "\\ud800"}}]',
        (1, "", "there is half a character in it", "write the character itself"),
    ),
    ("runs: [{name: a, command: ''}]", (1, "runs[0].command", "the command is empty", "write one")),
    ("runs: [{name: a, command: []}]", (1, "runs[0].command", "the command is empty", "write one")),
]
