//! The style sheet of the page. Text contrast is at least 4.5:1 in both schemes; paper is always light.

/// The whole sheet.
pub(super) const SHEET: &str = "
:root{--bg:#f4f6f8;--card:#fff;--ink:#1a2129;--soft:#53606d;--line:#d5dce3;--tint:#eef2f6;--accent:#0b5cad;
--critical:#a8071a;--high:#b4410a;--medium:#7d5a00;--low:#2c6e3f;--informational:#53606d;--on-badge:#fff;
--machine:#2f6fb3;--identity:#7a4fbf;--network:#0f7d72;--data:#a26a00}
@media screen and (prefers-color-scheme:dark){:root{--bg:#0e1318;--card:#161d24;--ink:#e4e9ee;--soft:#9eabb8;
--line:#2e3944;--tint:#1e2730;--accent:#74b5ff;--critical:#ff8591;--high:#ffa870;--medium:#e6c353;--low:#85d09a;
--informational:#9eabb8;--on-badge:#12181e;--machine:#6fb0f5;--identity:#b794f6;--network:#4fd1c2;--data:#e3b04b}}
*{box-sizing:border-box}
html{background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif}
body{max-width:1240px;margin:0 auto;padding:24px 20px 48px}
h1,h2,h3,h4,p,ul,ol,dl,dd,figure{margin:0}
h1{font-size:28px;line-height:1.2;letter-spacing:-.01em}
h2{font-size:21px;line-height:1.3;overflow-wrap:anywhere}
h3{font-size:16px;margin:28px 0 10px}
h4{font-size:13px;color:var(--soft);margin-bottom:4px}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code{font:12.5px/1.5 ui-monospace,'SF Mono',Consolas,'Liberation Mono',Menlo,monospace;overflow-wrap:anywhere}
.brand{font-weight:700;letter-spacing:.12em;text-transform:uppercase;font-size:12px;color:var(--accent)}
.headline{margin-top:6px;font-size:17px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:10px;margin:18px 0 0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.tiles dt{font-size:12px;color:var(--soft)}
.tiles dd{font-size:21px;font-weight:600;font-variant-numeric:tabular-nums}
nav{margin-top:16px}
nav ol{padding-left:22px}
nav li{margin:2px 0;overflow-wrap:anywhere}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:22px 24px 26px;margin-top:24px}
.card>h2:first-child{margin-bottom:8px}
.place{font-size:13px;color:var(--soft);margin-bottom:6px}
.meta{margin-top:8px;font-size:13.5px;color:var(--soft);font-variant-numeric:tabular-nums}
.badge{display:inline-block;padding:0 8px;border-radius:10px;font-size:12px;line-height:19px;font-weight:600;
color:var(--on-badge);background:var(--informational);white-space:nowrap}
.badge.critical{background:var(--critical)}.badge.high{background:var(--high)}
.badge.medium{background:var(--medium)}.badge.low{background:var(--low)}
.columns{display:grid;grid-template-columns:3fr 2fr;gap:0 40px}
.columns>*{min-width:0}
.columns p,.columns li{overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:3px 16px;margin-top:12px;font-size:13.5px}
.facts dt,.what,.why{color:var(--soft)}
.what{font-size:12px}
.reasons{list-style:none;padding:0}
.reasons li{margin-bottom:8px}
.drawing,.scroll{overflow-x:auto}
.drawing{border:1px solid var(--line);border-radius:8px;padding:8px}
figure{margin-bottom:16px}
figcaption,caption,.more{font-size:12.5px;color:var(--soft);text-align:left}
figcaption{margin-top:6px}
caption{padding-bottom:6px}
table{border-collapse:collapse;width:100%;font-size:13.5px}
.scroll+h3,.scroll+.scroll{margin-top:20px}
th{font-size:12px;text-align:left;color:var(--soft);font-weight:600;white-space:nowrap}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
td{overflow-wrap:break-word;font-variant-numeric:tabular-nums;min-width:34px}
.detail{margin-top:4px}.detail code{white-space:pre-wrap}
.entity{min-width:205px}.host{min-width:138px}
.time{white-space:nowrap}
.inferred-mark{color:var(--medium)}
.alert-title{color:var(--critical);font-weight:600}
.phases,.groups{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px}
.phase,.group{background:var(--tint);border-radius:8px;padding:12px 16px}
.phase ol,.group ul{padding-left:18px}
.phase li{margin-bottom:6px;overflow-wrap:anywhere}
.group ul{list-style:none;padding:0}
.groups{margin:10px 0 18px}
.chips{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:6px;margin-top:6px}
.chips li{border:1px solid var(--line);border-radius:6px;padding:1px 8px;font-size:13px}
footer{margin-top:24px;font-size:12.5px;color:var(--soft)}
.tlp{font-weight:700;letter-spacing:.04em;font-size:13px}.tlp.running{display:none}
.source{font-size:12px;color:var(--soft)}.gap{color:var(--medium);font-style:italic}
svg{display:block;font-family:inherit;margin:0 auto}
svg.fits{max-width:100%;height:auto}
svg text{fill:var(--ink)}
.lane{fill:var(--tint);stroke:none}
.lane-name,.row-name{font-size:12px;font-weight:600}
svg .lane-name,svg .kind,svg .clock,svg .pause{fill:var(--soft)}
.box{fill:var(--card);stroke:var(--line)}
.kind{font-size:10.5px}.name{font:600 11.5px ui-monospace,'SF Mono',Consolas,'Liberation Mono',Menlo,monospace}
.machine .stripe{fill:var(--machine)}.identity .stripe{fill:var(--identity)}
.network .stripe{fill:var(--network)}.data .stripe{fill:var(--data)}
.edge{fill:none;stroke:var(--soft);stroke-width:1.4}
.edge.inferred{stroke-dasharray:5 4}
.arrow{fill:var(--soft)}
.label{font-size:10.5px}
.plate{fill:var(--card)}
.alert{fill:var(--critical)}
.row{stroke:var(--line)}
.day{font-size:12px;font-weight:600}.clock,.pause{font-size:10.5px}
.dot circle{fill:var(--machine)}
svg .dot text,svg .diamond text{fill:var(--on-badge);font-size:10.5px;font-weight:600}
.dot.alerted circle{fill:var(--critical)}
.dot.inferred circle{fill:var(--card);stroke:var(--machine);stroke-width:1.5;stroke-dasharray:3 2}
.dot.inferred.alerted circle{stroke:var(--critical)}
svg .dot.inferred text{fill:var(--ink)}
.diamond path{fill:var(--informational)}.diamond.critical path{fill:var(--critical)}
.diamond.high path{fill:var(--high)}.diamond.medium path{fill:var(--medium)}.diamond.low path{fill:var(--low)}
@media (max-width:760px){svg.fits{max-width:none}.columns{grid-template-columns:1fr}.card{padding:18px 16px}}
@media print{.tlp.running{display:block;position:fixed;bottom:0;right:0}@page{margin:14mm}html{background:#fff;font-size:11pt}body{max-width:none;padding:0}
.card{border:0;padding:0}.incident+.incident{break-before:page}figure,tr,.phase,.group{break-inside:avoid}
h2,h3,h4,caption,thead{break-after:avoid}.drawing,.scroll{overflow:visible}.drawing{border:0;padding:0}
svg{max-width:100%;height:auto}*{print-color-adjust:exact}}
";
