package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"shipmate/sandbox"
	"shipmate/sandbox/browsertest"
)

// The page's own renderers, run in the browser they are for: text in, HTML out. The expected HTML leaves out attributes that
// do not matter: see tidy.
func TestBrowserRenderers(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	s := start(t, sandbox.Options{})
	b.Open(s.URL(), 800, 600, "light")
	browsertest.Eval[any](b, `Promise.all([import('/js/mrkdwn.js'), import('/js/markdown.js'), import('/js/emoji.js')]).then(([slack, github, emoji]) => {
		window.drawsEmoji = emoji.drawable();
		const names = { user: (id) => id.toLowerCase(), channel: (id) => id.toLowerCase(), usergroup: (id) => id.toLowerCase(), me: 'U1' };
		const tidy = (html) => html.replace(/ (?:class|target|rel|role|title|aria-label|tabindex|disabled)="[^"]*"/g, '');
		const draw = (node) => { const el = document.createElement('div'); el.append(node); return tidy(el.innerHTML); };
		window.mrkdwn = (text) => draw(slack.mrkdwn(text, names));
		window.markdown = (text) => tidy(github.markdown(text).innerHTML);
	})`)
	b.Until("window.markdown")
	for renderer, tests := range map[string][][2]string{
		"mrkdwn": {
			{"*b* _i_ ~s~ `c`", "<strong>b</strong> <em>i</em> <s>s</s> <code>c</code>"},
			{"*b _both_*", "<strong>b <em>both</em></strong>"},
			{"a*b*c snake_case_name 2 * 3 * 4", "a*b*c snake_case_name 2 * 3 * 4"},
			{"*open", "*open"},
			{"`*not bold*` &lt;b&gt; &amp;lt;", "<code>*not bold*</code> &lt;b&gt; &amp;lt;"},
			{"<https://a.example/?x=1&amp;y=2|the &lt;link&gt;>", `<a href="https://a.example/?x=1&amp;y=2">the &lt;link&gt;</a>`},
			{"see https://a.example/b_c_d.", `see <a href="https://a.example/b_c_d">https://a.example/b_c_d</a>.`},
			{"<mailto:a@b.example|mail>", `<a href="mailto:a@b.example">mail</a>`},
			{"<javascript:x|y> <data:text/html,x>", "&lt;javascript:x|y&gt; &lt;data:text/html,x&gt;"},
			{"<@U1> <@U2> <#C1> <!here> <!subteam^S1>", `<span>@u1</span> <span>@u2</span> <a href="#/c/C1">#c1</a> <span>@here</span> <span>@s1</span>`},
			{"<!date^0^{nothing}|then>", "<time>{nothing}</time>"},
			{":ship: :no_such_emoji: 12:30:45", "<span>🚢</span> :no_such_emoji: 12:30:45"},
			{"a\nb", "a<br>b"},
			{"&gt; q\n&gt; *r*\nafter", "<blockquote>q<br><strong>r</strong></blockquote>after"},
			{"x\n```\n*a* &lt;b&gt;\n  c\n```\ny", "x<pre>*a* &lt;b&gt;\n  c</pre>y"},
			{"\ue000\ue001 `a`", " <code>a</code>"},
			{"", ""},
		},
		"markdown": {
			{"# A *b*\n## C", "<h1>A <em>b</em></h1><h2>C</h2>"},
			{"A\n===", "<h1>A</h1>"},
			{"**b** _i_ ***bi*** ~~s~~ `c` ``d ` e``", "<p><strong>b</strong> <em>i</em> <strong><em>bi</em></strong> <del>s</del> <code>c</code> <code>d ` e</code></p>"},
			{"snake_case_name 2 * 3 * 4 **open", "<p>snake_case_name 2 * 3 * 4 **open</p>"},
			{"**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"},
			{`\*no\* &nbsp;&amp;&lt;&#65;&#x42;&bogus;`, "<p>*no* &nbsp;&amp;&lt;AB&amp;bogus;</p>"},
			{"- a\n- b\n  - c\n    - d\n- e", "<ul><li>a</li><li>b<ul><li>c<ul><li>d</li></ul></li></ul></li><li>e</li></ul>"},
			{"3. a\n4. b", `<ol start="3"><li>a</li><li>b</li></ol>`},
			{"- [x] done\n- [ ] open", `<ul><li><input type="checkbox" checked="">done</li><li><input type="checkbox">open</li></ul>`},
			{"> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"},
			{"```go\nx < y\n\n*z*\n```", "<pre><code>x &lt; y\n\n*z*</code></pre>"},
			{"````\n```\n````", "<pre><code>```</code></pre>"},
			{"| a | b |\n|---|--:|\n| `x` | y\\|z |", "<div><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td><code>x</code></td><td>y|z</td></tr></tbody></table></div>"},
			{"a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"},
			{"<details><summary>S <b>t</b></summary>\n\n- x\n\n</details>\n\nafter", "<details><summary>S <b>t</b></summary><ul><li>x</li></ul></details><p>after</p>"},
			{"<details open>\n<summary>A</summary>\n<details><summary>B</summary>c</details>\n</details>",
				`<details open=""><summary>A</summary><details><summary>B</summary><p>c</p></details></details>`},
			{"<!-- hidden\nstill --> seen\n\nx <!-- y --> z", "<p>seen</p><p>x  z</p>"},
			{"[a](https://a.example/(b)) <https://c.example> https://d.example/x.", `<p><a href="https://a.example/(b)">a</a> <a href="https://c.example/">https://c.example</a> <a href="https://d.example/x">https://d.example/x</a>.</p>`},
			{"[![badge](https://i.example/b.svg)](https://a.example)", `<p><a href="https://a.example/"><span>🖼 badge</span></a></p>`},
			{`[a](https://a.example "title") ![alt](https://i.example/x.png)`, `<p><a href="https://a.example/">a</a> <a href="https://i.example/x.png"><span>🖼 alt</span></a></p>`},
			{"[a](javascript:x) [b]( JAVASCRIPT:x) [c](java&#115;cript:x) <javascript:x>", "<p><span>a</span> <span>b</span> <span>c</span> &lt;javascript:x&gt;</p>"},
			{"<img src=x onerror=y> <script>z</script> <a href=\"https://x\">t</a>", `<p>&lt;img src=x onerror=y&gt; &lt;script&gt;z&lt;/script&gt; &lt;a href="` + `<a href="https://x/">https://x</a>"&gt;t&lt;/a&gt;</p>`},
			{"see #12 and @ben, not a@b.example or `#3`", `<p>see <a href="#/pulls/12">#12</a> and <span>@ben</span>, not a@b.example or <code>#3</code></p>`},
			{"<kbd>Ctrl</kbd> H<sub>2</sub>O<br>x", "<p><kbd>Ctrl</kbd> H<sub>2</sub>O<br>x</p>"},
		},
	} {
		for _, tt := range tests {
			if strings.HasPrefix(tt[0], ":ship:") && !browsertest.Eval[bool](b, "window.drawsEmoji") {
				tt[1] = tt[0] // without a font for them, emoji stay as they were written
			}
			if got := browsertest.Eval[string](b, fmt.Sprintf("%s(%s)", renderer, browsertest.Quote(tt[0]))); got != tt[1] {
				t.Errorf("%s of %q:\n got %q\nwant %q", renderer, tt[0], got, tt[1])
			}
		}
	}
	// What is meant to make a renderer slow or deep ends all the same.
	for _, hostile := range []string{"'*a '.repeat(20000)", "'> '.repeat(5000)", "'['.repeat(20000)", "'<details>'.repeat(3000)", "'`'.repeat(30000) + 'x'",
		"'- '.repeat(3000)", "'[' + '![a](b)'.repeat(5000)", "'x' + '<!--'.repeat(16000)", "'[a'.repeat(10000)", "'<b>'.repeat(10000)", "'<b'.repeat(10000)", "'<'.repeat(40000)", "'![a]('.repeat(8000)", "'_*'.repeat(20000)", "'|'.repeat(20000) + '\\n' + '|-'.repeat(10000)"} {
		browsertest.Eval[int](b, "(markdown("+hostile+"), mrkdwn("+hostile+"), 0)") // what takes for ever fails by the browser's time limit
	}
}
