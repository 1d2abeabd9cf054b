//! A header read as far as a layout needs: structs with their members, constants, other types.

use std::collections::BTreeMap;

/// What a header declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    /// Declarations of the members, in order, under the struct's name.
    pub(crate) structs: BTreeMap<String, Vec<String>>,
    /// Values of `SEG_` and `ARROW_` macros without arguments.
    pub(crate) constants: BTreeMap<String, String>,
    /// `typedef`s that are no struct with members.
    pub(crate) types: Vec<String>,
}

impl Header {
    /// Reads the text of a header. Only what this contract uses is understood.
    pub(crate) fn read(text: &str) -> Self {
        let text = without(&without(text, "/*", "*/"), "#ifdef __cplusplus", "#endif");
        let constants = text.lines().filter_map(constant).collect();
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        let (mut structs, mut types) = (BTreeMap::new(), Vec::new());
        for declaration in declarations(&code.join("\n")) {
            match declaration.split_once('{') {
                Some((head, rest)) if head.contains("struct") => {
                    let body = rest.rsplit_once('}').expect("a struct ends").0;
                    let name = head.split_whitespace().last().expect("a struct has a name");
                    structs.insert(name.to_owned(), body.split(';').map(plain).filter(|m| !m.is_empty()).collect());
                }
                _ => types.push(plain(&declaration)),
            }
        }
        Self { structs, constants, types }
    }

    /// Names of a struct's members, in order.
    pub(crate) fn names(&self, structure: &str) -> Vec<String> {
        self.structs[structure].iter().map(|declaration| name(declaration).to_owned()).collect()
    }
}

/// The name that a declaration gives, also to a function pointer or an array.
fn name(declaration: &str) -> &str {
    if let Some((_, rest)) = declaration.split_once("(*") {
        return rest.split(')').next().unwrap_or_default();
    }
    let last = declaration.rsplit([' ', '*']).next().unwrap_or_default();
    last.split('[').next().unwrap_or_default()
}

/// The text without everything from each `start` to the `end` behind it.
fn without(text: &str, start: &str, end: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(start) {
        kept.push_str(before);
        rest = behind.split_once(end).map_or("", |(_, rest)| rest);
    }
    kept + rest
}

fn constant(line: &str) -> Option<(String, String)> {
    let define = line.trim().strip_prefix("#define ")?;
    let (name, value) = define.split_once(char::is_whitespace)?;
    let known = name.starts_with("SEG_") || name.starts_with("ARROW_");
    (known && !name.contains('(') && name != "SEG_EXPORT").then(|| (name.to_owned(), plain(value)))
}

/// Declarations up to the `;` that ends each, outside of braces.
fn declarations(code: &str) -> Vec<String> {
    let (mut depth, mut current, mut all) = (0, String::new(), Vec::<String>::new());
    for c in code.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ';' if depth == 0 => {
                all.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(c);
    }
    all
}

/// Text with one space between words and none beside marks.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    ["*", "(", ")", ","]
        .iter()
        .fold(words, |text, mark| text.replace(&format!(" {mark}"), mark).replace(&format!("{mark} "), mark))
}

#[test]
fn members_of_every_form_are_found() {
    let text = "typedef struct s { int a; /* one; two */\n  const char* b; char name[64];\n\
                int (*call)(void* x, int y); } s;\n#define SEG_A 1 /* a */\n#define SEG_F(x) x\ntypedef int t;";
    let header = Header::read(text);
    assert_eq!(header.structs["s"], ["int a", "const char*b", "char name[64]", "int(*call)(void*x,int y)"]);
    assert_eq!(header.names("s"), ["a", "b", "name", "call"]);
    assert_eq!(header.constants, BTreeMap::from([("SEG_A".to_owned(), "1".to_owned())]));
    assert_eq!(header.types, ["typedef int t"]);
}
