// A report as it would be given out now, for one audience under one marking; saved as a file, or issued.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';

import { api, type Api, download, read } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Choice } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Markdown } from '../../../ui/Markdown';
import { useMay } from '../may';
import { Found } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { tell, tellTrouble } from '../../../ui/Toast';
import { TLPS, type Tlp } from '../entities/Indicators';
import { changedPieces } from '../evidence/facts';

const route = getRouteApi('/shell/incidents/$id/report');

type Audience = Api['AudienceName'];
type Form = Api['DocumentForm'];

const AUDIENCES: readonly (readonly [Audience, string])[] = [
  ['executive', 'Executive'],
  ['legal', 'Legal'],
  ['regulator', 'Regulator'],
  ['technical', 'Technical'],
  ['customers', 'Customers'],
  ['post_mortem', 'Post-mortem'],
];
const FORMS: readonly (readonly [Form, string])[] = [
  ['pdf', 'PDF'],
  ['html', 'HTML'],
  ['markdown', 'Markdown'],
];
/** How the server marks what nobody recorded and a person has to write. */
const GAP = /\(to be written: ([^)]*)\)/g;

export function Draft({ id, evidence }: { id: string; evidence: readonly Api['Evidence'][] }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const may = useMay();
  const [issuing, setIssuing] = useState(false);
  const audience = AUDIENCES.find(([each]) => each === search.audience)?.[0] ?? 'executive';
  const tlp = TLPS.find(([each]) => each === search.tlp)?.[0] ?? 'amber+strict';
  const choose = (change: { audience?: Audience; tlp?: Tlp }) =>
    void navigate({ to: '/incidents/$id/report', params: { id }, search: { ...search, ...change }, resetScroll: false });
  const draft = useQuery({
    queryKey: ['incident', id, 'report-draft', audience, tlp],
    queryFn: ({ signal }) =>
      read<string>(
        api.GET('/api/v1/incidents/{id}/reports/draft', {
          params: { path: { id }, query: { audience, tlp, form: 'markdown' } },
          parseAs: 'text',
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
  const gaps = [...new Set([...(draft.data ?? '').matchAll(GAP)].map(([, gap]) => gap ?? ''))];
  return (
    <section className="card" aria-labelledby="draft">
      <header>
        <h2 id="draft">Draft</h2>
        {FORMS.map(([form, text]) => (
          <Button key={form} onPress={() => void save(id, audience, tlp, form).catch(tellTrouble)}>
            {`Save as ${text}`}
          </Button>
        ))}
        {may.lead && (
          <Button look="primary" onPress={() => setIssuing(true)}>
            Issue…
          </Button>
        )}
      </header>
      <div className="body stack">
        <div className="report-choice">
          <Choice label="Audience" value={audience} onChange={(chosen) => choose({ audience: chosen })} options={AUDIENCES} />
          <Choice label="Marking" value={tlp} onChange={(chosen) => choose({ tlp: chosen })} options={TLPS} />
        </div>
        <Blocks id={id} evidence={evidence} gaps={gaps} />
        <Found query={draft} what="Drawing it up">
          {(text) => (
            <div
              className={draft.isPlaceholderData ? 'report-page old' : 'report-page'}
              role="region"
              aria-label="Text of the draft"
              aria-busy={draft.isPlaceholderData}
              // It scrolls sideways where a table is wide, also by keyboard.
              tabIndex={0}
            >
              <Later text={text} />
            </div>
          )}
        </Found>
      </div>
      {issuing && <Issue id={id} audience={audience} tlp={tlp} evidence={evidence} gaps={gaps} close={() => setIssuing(false)} />}
    </section>
  );
}

/** A draft of thousands of moments: the tab is there first, its text a moment later. */
function Later({ text }: { text: string }) {
  return <Markdown text={useDeferredValue(text, '')} />;
}

interface BlocksProps {
  id: string;
  evidence: readonly Api['Evidence'][];
  gaps: readonly string[];
}

/** What stops a report, and what only asks for a second look. */
function Blocks({ id, evidence, gaps }: BlocksProps) {
  const { as_of } = route.useSearch();
  const changed = changedPieces(evidence);
  return (
    <>
      {changed.length > 0 && (
        <div className="notice bad">
          <span className="grow">
            No report can be issued: {changed.map((piece) => `evidence #${piece.id} ${piece.about.name}`).join(', ')}{' '}
            {changed.length === 1 ? 'is' : 'are'} not what was sealed. Seal the right bytes again, then verify.
          </span>
          <Link to="/incidents/$id/evidence" params={{ id }} search={{ as_of }}>
            Go to the evidence
          </Link>
        </div>
      )}
      {gaps.length > 0 && (
        <details className="notice warn">
          <summary>{count(gaps.length, 'part')} of it nobody recorded, to be written</summary>
          <ul className="bullets">
            {gaps.map((gap) => (
              <li key={gap}>{words(gap)}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface IssueProps extends BlocksProps {
  audience: Audience;
  tlp: Tlp;
  close: () => void;
}

function Issue({ id, audience, tlp, evidence, gaps, close }: IssueProps) {
  const queries = useQueryClient();
  const [form, setForm] = useState<Form>('pdf');
  const blocked = changedPieces(evidence).length > 0;
  const run = async () => {
    const { data } = await api.POST('/api/v1/incidents/{id}/reports', { params: { path: { id } }, body: { audience, form, tlp } });
    await queries.invalidateQueries({ queryKey: ['incident', id] });
    if (data) tell(`Issued as entry #${data.entry}. Its SHA-256 is ${data.sha256}`);
  };
  return (
    <FormDialog title={`Issue the report: ${words(audience)}`} act="Issue" ready={!blocked} close={close} run={run}>
      <p>
        You sign it off under TLP:{tlp.toUpperCase()}. The ledger and all evidence are verified first; if any of it is
        not what it was, nothing is issued. What is issued is kept with its hash and cannot be taken back.
      </p>
      <Blocks id={id} evidence={evidence} gaps={gaps} />
      <Choice label="Form" value={form} onChange={setForm} options={FORMS} />
    </FormDialog>
  );
}

export function extensionOf(form: string): string {
  return form === 'markdown' ? 'md' : form;
}

function save(id: string, audience: Audience, tlp: Tlp, form: Form): Promise<void> {
  const query = new URLSearchParams({ audience, form, tlp }).toString();
  return download(`/api/v1/incidents/${encodeURIComponent(id)}/reports/draft?${query}`, `${id}-${audience}-draft.${extensionOf(form)}`);
}
