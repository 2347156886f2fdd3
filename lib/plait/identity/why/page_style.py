"""The style of an explanation's page: light and dark, and for paper."""

from __future__ import annotations

STYLE = """
:root{--ink:#1c2330;--dim:#5b6577;--line:#d9dee7;--paper:#fff;--card:#f6f8fb;
--for:#1a7f5a;--against:#c2413b;--total:#35569b;--edge:#e8edf7}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9f0;--dim:#9aa5b8;--line:#343c4b;
--paper:#151a22;--card:#1d2430;--for:#3fbf8d;--against:#ef7a73;--total:#7ea2ee;--edge:#26304a}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:54rem;margin:0 auto;padding:2rem 1.25rem 3rem}
.kicker{margin:0;color:var(--dim);font-size:.85rem}
h1{margin:.2rem 0 1.5rem;font-size:1.6rem;line-height:1.25;padding-left:.8rem;
border-left:.35rem solid var(--total)}
h1.yes{border-color:var(--for)}h1.no{border-color:var(--against)}
h2{font-size:1.1rem;margin:2rem 0 .6rem}
h3{font-size:1rem;margin:0}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;
padding:.8rem 1rem;margin:.7rem 0;break-inside:avoid}
.card p{margin:.1rem 0 .4rem;color:var(--dim)}.card .note{color:var(--ink)}
.ends,.letter{font-weight:700;color:var(--total)}
.chain{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem 0;list-style:none;padding:0;
margin:.5rem 0 1rem}
.bead{width:2.4rem;height:2.4rem;border-radius:50%;display:grid;place-items:center;
background:var(--total);color:var(--paper);font-weight:700}
.edge{display:grid;text-align:center;padding:0 .9rem;min-width:6.5rem;font-size:.85rem;
line-height:1.3;background:linear-gradient(var(--line),var(--line)) center/100% 2px no-repeat}
.edge span,.edge b{background:var(--paper);justify-self:center;padding:0 .4rem;margin:.3rem 0}
figure{margin:.4rem 0;overflow-x:auto}
svg{width:100%;min-width:30rem;height:auto;display:block;font-size:13px}
svg text{fill:var(--ink)}svg .axis{fill:var(--dim);font-size:11px}
svg .bits{font-variant-numeric:tabular-nums}
svg .for{fill:var(--for)}svg .against{fill:var(--against)}svg .total{fill:var(--total)}
svg line{stroke:var(--dim)}svg .zero{stroke-dasharray:3 3}
.sum{font-weight:600}
table{width:100%;border-collapse:collapse;font-size:.9rem;margin:.4rem 0 1rem}
caption{text-align:left;color:var(--dim);padding:.2rem 0}
th,td{text-align:left;padding:.3rem .5rem .3rem 0;border-bottom:1px solid var(--line);
overflow-wrap:anywhere}
th{font-weight:600;color:var(--dim)}
th:last-child,td:last-child{text-align:right;font-variant-numeric:tabular-nums}
summary{cursor:pointer;color:var(--dim)}
footer{margin-top:2.5rem;color:var(--dim);font-size:.85rem}
@media print{main{max-width:none;padding:0}
details::details-content{content-visibility:visible;display:block}.card{background:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
""".strip()
