// A story as the server tells them (crates/model/src/story.rs), with a graph of so many nodes.

const START = Date.parse('2026-11-02T08:00:00Z');
const HOSTS = 12;

export function storyOf(nodes) {
  const hosts = Array.from({ length: HOSTS }, (_, index) => `host-${index}`);
  const entry = { kind: 'process', time: at(0), host: 'host-0', process: { image: 'C:\\tools\\p0.exe', pid: 100 } };
  const chain = [];
  // The hosts are nodes, too, and the first process is the entry.
  for (let index = 1; index < nodes - HOSTS; index += 1) chain.push(step(index, hosts));
  return {
    id: 'inc-00000000speed',
    title: 'A made-up intrusion',
    severity: 'critical',
    severity_reasons: [{ level: 'critical', text: 'made up' }],
    first_seen: at(0),
    last_seen: at(nodes),
    alerts: [{ rule: { id: 'r', title: 'Made up', level: 'high', tags: [] }, time: at(1), event: evidence(1), matched: {} }],
    alerts_folded: 0,
    techniques: ['T1059'],
    nodes_to_read: nodes,
    root_cause: { entry, weakness: 'None; it is made up', confidence: 'high', confidence_reasons: [], chain, candidates: [] },
    scope: { hosts, principals: [], credentials: [], processes: [], files: [], resources: [] },
    endpoints: [],
    missing_telemetry: [],
    next_actions: [],
  };
}

/** Each process starts some others and writes files, on a host that it stays on. */
function step(index, hosts) {
  const by = Math.floor((index - 1) / 3);
  const isFile = index % 4 === 0;
  const host = hosts[index % hosts.length];
  return {
    time: at(index),
    source_kind: 'process',
    source: processOf(by % 4 === 0 && by > 0 ? by - 1 : by),
    action: isFile ? 'wrote' : 'started',
    target_kind: isFile ? 'file' : 'process',
    target: isFile ? `C:\\Users\\Public\\f${index}.dat` : processOf(index),
    host,
    evidence: [evidence(index)],
    alerts: index % 7 === 0 ? ['Made up'] : [],
    techniques: index % 7 === 0 ? ['T1059'] : [],
    inferred: index % 11 === 0,
  };
}

function processOf(index) {
  return `C:\\tools\\p${index}.exe (pid ${100 + index})`;
}

function evidence(record) {
  return { file: 'made-up', record, source: 'windows', position: record };
}

function at(second) {
  return new Date(START + second * 1_000).toISOString();
}
