// What leaves Quell: issued reports, the signed bundle, exports for other programs.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { type Api, download } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Choice } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { useMay } from '../may';
import { words } from '../../../ui/text';
import { tellTrouble } from '../../../ui/Toast';
import { Value } from '../../../ui/Value';
import { Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';
import { TLPS, type Tlp } from '../entities/Indicators';
import { extensionOf } from './Draft';

export function Handouts({ id, reports }: { id: string; reports: readonly Api['IssuedReport'][] }) {
  return (
    <>
      <Issued id={id} reports={reports} />
      <Exports id={id} />
    </>
  );
}

function Issued({ id, reports }: { id: string; reports: readonly Api['IssuedReport'][] }) {
  return (
    <section className="card" aria-labelledby="issued">
      <header>
        <h2 id="issued">Issued reports</h2>
      </header>
      <div className="body">
        {reports.length === 0 && <p className="soft">None was issued yet. Choose an audience, read the draft, then issue it.</p>}
        <ul className="stack">
          {[...reports].reverse().map((report) => (
            <li key={report.stamp.entry} className="stack tight">
              <div className="row">
                <span className="strong grow">
                  {words(report.audience)}, {report.form === 'markdown' ? 'Markdown' : report.form.toUpperCase()}
                </span>
                <Button
                  aria-label={`Download ${report.audience} report of entry ${report.stamp.entry}`}
                  onPress={() => void saveIssued(id, report).catch(tellTrouble)}
                >
                  Download
                </Button>
              </div>
              <p className="small soft">
                TLP:{report.tlp.toUpperCase()}, <Moment at={report.stamp.at} /> by <Who id={report.stamp.actor} />, entry #{report.stamp.entry}
              </p>
              <p className="small">
                SHA-256 <Value text={report.sha256} />
              </p>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}

function Exports({ id }: { id: string }) {
  const may = useMay();
  const queries = useQueryClient();
  const [tlp, setTlp] = useState<Tlp>('amber+strict');
  const [bundling, setBundling] = useState(false);
  const base = `/api/v1/incidents/${encodeURIComponent(id)}`;
  const save = (form: 'stix' | 'veris') =>
    void download(`${base}/export?form=${form}&tlp=${encodeURIComponent(tlp)}`, `${id}.${form}.json`).catch(tellTrouble);
  const bundle = async () => {
    await download(`${base}/bundle`, `${id}.zip`, { method: 'POST' });
    await queries.invalidateQueries({ queryKey: ['incident', id] });
  };
  return (
    <section className="card" aria-labelledby="exports">
      <header>
        <h2 id="exports">For other programs</h2>
      </header>
      <div className="body stack">
        <Choice label="Marking of exports" value={tlp} onChange={setTlp} options={TLPS} />
        <div className="row">
          <Button onPress={() => save('stix')}>Export STIX 2.1</Button>
          <Button onPress={() => save('veris')}>Export VERIS 1.4</Button>
          {may.lead && <Button onPress={() => setBundling(true)}>Signed bundle…</Button>}
        </div>
      </div>
      {bundling && (
        <FormDialog title="Make a signed bundle" act="Make it" close={() => setBundling(false)} run={bundle}>
          <p>
            One archive with the incident, its work, its ledger entries, all evidence that is kept and all issued reports, signed. Whoever has it
            can check it without Quell.
          </p>
          <p className="notice warn">It carries the bytes of the evidence. That they were given out goes into the custody of each piece.</p>
        </FormDialog>
      )}
    </section>
  );
}

function saveIssued(id: string, report: Api['IssuedReport']): Promise<void> {
  const name = `${id}-${report.audience}-${report.stamp.entry}.${extensionOf(report.form)}`;
  return download(`/api/v1/incidents/${encodeURIComponent(id)}/reports/${report.stamp.entry}`, name);
}
