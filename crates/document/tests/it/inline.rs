use document::{ViewOptions, to_markdown};

use crate::{markdown, shows};

#[test]
fn a_link_after_an_exclamation_mark_is_no_image() {
    shows(r#"<p>a!<a href="https://e.org">b</a></p>"#, r"a\![b](https://e.org)");
    shows(r#"<p>a\!<a href="https://e.org">b</a></p>"#, r"a\\\![b](https://e.org)");
}

#[test]
fn marks_are_written_around_words_and_white_space_lies_outside() {
    shows(
        "<p>a<strong> b </strong>c <em>d</em>, <del>e</del>, <u>f</u>, H<sub>2</sub>O, x<sup>2</sup></p>",
        "a **b** c *d*, ~~e~~, <u>f</u>, H<sub>2</sub>O, x<sup>2</sup>",
    );
}

#[test]
fn empty_marks_and_repeated_marks_leave_nothing() {
    shows("<p><strong> </strong>a<em></em> <strong>b<b>c</b></strong></p>", "a **bc**");
}

#[test]
fn touching_marks_of_one_kind_become_one() {
    shows(
        "<p><strong>a</strong><strong>b</strong> <code>c</code><code>d</code></p>",
        "**ab** `cd`",
    );
}

#[test]
fn marks_of_different_kinds_that_touch_stay_readable() {
    shows("<p><strong>a</strong><em>b</em></p>", "**a**<em>b</em>");
    shows("<p><em><strong>a</strong> b</em></p>", "***a** b*");
}

#[test]
fn a_mark_whose_delimiters_would_not_bind_is_a_tag() {
    shows(
        "<p><strong>이름(Name)</strong>은 <strong>굵게</strong>는</p>",
        "<strong>이름(Name)</strong>은 **굵게**는",
    );
    shows("<p>x<em>(y)</em></p>", "x<em>(y)</em>");
    shows(
        "<p><em>(y)</em><span>x</span> <code>(y)</code><span>x</span></p>",
        "*(y)*<!-- -->x `(y)`x",
    );
}

#[test]
fn text_that_looks_like_markup_is_escaped() {
    shows(
        "<p>*a* _b_ `c` ~d~ \\* &lt;b&gt; [x](y) &amp;lt; 1 &lt; 2</p>",
        r"\*a\* \_b\_ \`c\` \~d\~ \\\* \<b> [x\](y) \&lt; 1 < 2",
    );
}

#[test]
fn text_that_only_resembles_markup_is_left_alone() {
    let text = "snake_case_name, 2 * 3 * 4, C:\\dir, [note], a - b, AT&T, 5 > 3, x | y, #tag, wow!";
    let storage = format!("<p>{}</p>", text.replace('&', "&amp;").replace('>', "&gt;"));
    assert_eq!(markdown(&storage), text);
}

#[test]
fn a_line_that_begins_like_a_block_is_escaped() {
    for (text, expected) in [
        ("# no heading", r"\# no heading"),
        ("- no item", r"\- no item"),
        ("+ no item", r"\+ no item"),
        ("1. no item", r"1\. no item"),
        ("12) no item", r"12\) no item"),
        ("&gt; no quote", r"\> no quote"),
        ("--- no rule", r"\--- no rule"),
        ("| no | row", r"\| no | row"),
        ("1.5 litres", "1.5 litres"),
        ("-5 degrees", "-5 degrees"),
        ("#tag", "#tag"),
    ] {
        assert_eq!(markdown(&format!("<p>{text}</p>")), expected);
        let after_break = format!("<p>a<br/>{text}</p>");
        assert_eq!(markdown(&after_break), format!("a\\\n{expected}"));
    }
    shows(
        "<p><a href='#x'>a&lt;</a><br/><strong>b&lt;</strong> c &lt;<span>d</span></p>",
        "[a<](#x)\\\n**b<** c \\<d",
    );
    shows(
        "<p><ac:link ac:anchor='x'><ac:plain-text-link-body><![CDATA[a<]]></ac:plain-text-link-body></ac:link> b</p>",
        "[a<](#x) b",
    );
    shows("<ul><li>[ ] no task</li></ul>", r"- [ \] no task");
    shows("<ul><li>[x<span>] no task</span></li></ul>", r"- [x\] no task");
    shows("<ul><li>[&#32;] no task</li></ul>", r"- [ \] no task");
    shows("<ul><li>[ <br/>[x] e</li></ul>", "- [\\\n  [x\\] e");
    shows("<blockquote><p>[!NOTE] no panel</p></blockquote>", r"> \[!NOTE] no panel");
}

#[test]
fn entities_become_characters() {
    shows(
        "<p>&eacute;&#233;&#xE9; &ldquo;q&rdquo; a&nbsp;b &unknown; &amp;</p>",
        "ééé “q” a\u{a0}b \\&unknown; &",
    );
}

#[test]
fn white_space_is_collapsed_and_dropped_at_the_edges() {
    shows("<p>\n  a \n\t b&nbsp;</p>\n\n<p> &nbsp; </p><p/>", "a b");
}

#[test]
fn breaks_hold_a_line_and_vanish_at_its_ends() {
    shows("<p><br/>a<br/>b <br /> c<br/></p>", "a\\\nb\\\nc");
}

#[test]
fn code_spans_hold_backticks_and_pipes() {
    shows(
        "<p><code>a</code> <code>b `c`</code> <code>`</code> <code>&lt;T&gt; * _x_</code></p>",
        "`a` `` b `c` `` `` ` `` `<T> * _x_`",
    );
    shows("<p><code>see <a href=\"u\">x</a></code></p>", "<code>see [x](u)</code>");
}

#[test]
fn links_lead_where_they_led() {
    shows("<p><a href=\"https://e.org/a?b=1&amp;c=2\">e</a></p>", "[e](https://e.org/a?b=1&c=2)");
    shows(
        "<p><a href=\"https://e.org/?a=1&amp;b=2\">https://e.org/?a=1&amp;b=2</a></p>",
        "<https://e.org/?a=1&b=2>",
    );
    shows("<p><a href=\"a b(c)\">[x]</a></p>", r"[\[x\]](<a b(c)>)");
    shows("<p>wow!<a href=\"u\">x</a> <a name=\"n\">y</a></p>", r"wow\![x](u) y");
    shows("<p><a href=\"u\" data-card-appearance=\"embed\">x</a></p>", "[x](u \"card:embed\")");
    shows("<p><a href=\"u\" data-card-appearance=\"inline\">x</a></p>", "[x](u)");
}

#[test]
fn page_links_name_space_title_and_anchor() {
    shows(
        r#"<p><ac:link><ri:page ri:space-key="ENG" ri:content-title="A/B 100%" /><ac:link-body>the <em>page</em></ac:link-body></ac:link></p>"#,
        "[the *page*](<wiki:ENG/A%2FB 100%25>)",
    );
    shows(
        r#"<p><ac:link ac:anchor="top"><ri:page ri:content-title="Runbook" /><ac:plain-text-link-body><![CDATA[a <b> & c]]></ac:plain-text-link-body></ac:link></p>"#,
        r"[a \<b> & c](wiki:Runbook#top)",
    );
    shows(
        r#"<p>See <ac:link><ri:page ri:content-title="Run &amp; book" /></ac:link>.</p>"#,
        "See [Run & book](<wiki:Run & book>).",
    );
    shows(
        r#"<p><ac:link ac:anchor="a b"><ac:link-body>here</ac:link-body></ac:link></p>"#,
        "[here](<#a b>)",
    );
    shows(r#"<p><ac:link ac:anchor="top" /></p>"#, "[top](#top)");
}

#[test]
fn other_resources_have_an_address_each() {
    for (resource, expected) in [
        (r#"<ri:attachment ri:filename="a b.pdf" />"#, "[a b.pdf](<attachment:a b.pdf>)"),
        (
            r#"<ri:attachment ri:filename="a.pdf"><ri:page ri:space-key="S" ri:content-title="T" /></ri:attachment>"#,
            "[a.pdf](attachment:a.pdf?page=S/T)",
        ),
        (
            r#"<ri:blog-post ri:space-key="S" ri:posting-day="2024/05/01" ri:content-title="T" />"#,
            "[T](blog:S/2024-05-01/T)",
        ),
        (r#"<ri:space ri:space-key="S" />"#, "[S](space:S)"),
        (r#"<ri:content-entity ri:content-id="7" />"#, "[7](content:7)"),
        (r#"<ri:shortcut ri:key="jira" ri:parameter="A-1" />"#, "[jira](shortcut:jira/A-1)"),
        (r#"<ri:url ri:value="https://e.org" />"#, "[https://e.org](https://e.org)"),
    ] {
        assert_eq!(markdown(&format!("<p><ac:link>{resource}</ac:link></p>")), expected);
    }
}

#[test]
fn mentions_keep_their_kind_of_key() {
    shows(
        r#"<p>cc <ac:link><ri:user ri:account-id="5b:1" /></ac:link></p>"#,
        "cc [@user](user:5b:1)",
    );
    shows(r#"<p><ac:link><ri:user ri:userkey="8a" /></ac:link></p>"#, "[@user](userkey:8a)");
    shows(r#"<p><ac:link><ri:user ri:username="a_b" /></ac:link></p>"#, r"[@a\_b](username:a_b)");
}

#[test]
fn images_show_file_or_address_text_and_caption() {
    shows(
        r#"<ac:image ac:alt="a.png" ac:width="10"><ri:attachment ri:filename="a.png" /></ac:image><p>x <ac:image ac:alt="The [plan]"><ri:url ri:value="https://e.org/i.png" /></ac:image></p>"#,
        "![](attachment:a.png)\n\nx ![The \\[plan\\]](https://e.org/i.png)",
    );
    shows(
        r#"<ac:image><ri:attachment ri:filename="a.png" /><ac:caption><p>A <strong>plan</strong></p></ac:caption><ac:adf-mark key="border" size="2" color="0" /></ac:image><p>x</p>"#,
        "![](attachment:a.png)<figcaption>A **plan**</figcaption>\n\nx",
    );
    shows(
        r#"<p><ac:link><ri:page ri:content-title="T" /><ac:link-body><ac:image><ri:attachment ri:filename="a.png" /></ac:image></ac:link-body></ac:link></p>"#,
        "[![](attachment:a.png)](wiki:T)",
    );
    shows(r#"<p><img src="https://e.org/i.png" alt="i" /></p>"#, "![i](https://e.org/i.png)");
}

#[test]
fn dates_emoji_and_placeholders_are_shown() {
    shows(r#"<p>Due <time datetime="2026-03-04" />.</p>"#, "Due <time>2026-03-04</time>.");
    shows(
        r#"<p><ac:emoticon ac:name="blue-star" ac:emoji-shortname=":check_mark:" ac:emoji-fallback="✅" /> <ac:emoticon ac:name="smile" /> <ac:emoticon ac:name="blue-star" ac:emoji-shortname=":our_own:" /> <ac:emoticon ac:name="odd" /></p>"#,
        "✅ 🙂 :our_own: :odd:",
    );
    shows(
        "<p><ac:placeholder>say *what*</ac:placeholder></p>",
        r"<placeholder>say \*what\*</placeholder>",
    );
    shows(r#"<p>Dear <at:var at:name="who" />,</p>"#, "Dear <at:var name=\"who\"/>,");
}

#[test]
fn spans_and_styles_are_transparent() {
    shows(
        r#"<p style="text-align: center;">a <span style="color: red;">red</span> b<ac:unknown>c</ac:unknown></p>"#,
        "a red bc",
    );
}

#[test]
fn comment_anchors_are_shown_when_asked_for() {
    let storage = r#"<h2>A <ac:inline-comment-marker ac:ref="e8e647e6-1111">head</ac:inline-comment-marker></h2><p>a <strong>b <ac:inline-comment-marker ac:ref="12345678-2">c</ac:inline-comment-marker></strong></p>"#;
    shows(storage, "## A head\n\na **b c**");
    let view = to_markdown(storage, &ViewOptions { comments: true, ..ViewOptions::default() });
    assert_eq!(
        view.markdown,
        "## A <mark comment=\"e8e647e6\">head</mark>\n\na **b <mark comment=\"12345678\">c</mark>**"
    );
}
