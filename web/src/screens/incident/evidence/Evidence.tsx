// Sealed evidence with its custody, and what to collect next. Bytes of evidence are never shown here, only saved as files.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useLocation, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { workQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { useMay } from '../may';
import { useSlice } from '../../../ui/Slice';
import { Empty, Found } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { tellTrouble } from '../../../ui/Toast';
import { Moment } from '../../../ui/When';
import { Collect } from './Collect';
import { Custody, States } from './Custody';
import './evidence.css';
import { changedPieces, pieceHash, sizeText, statesOf, type Piece } from './facts';
import { Seal, type SealStart } from './Seal';

const route = getRouteApi('/shell/incidents/$id');

export default function EvidenceScreen() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const may = useMay();
  const work = useQuery(workQuery(id, as_of));
  const collection = useQuery({
    queryKey: ['incident', id, 'collection'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/collection', { params: { path: { id } }, signal })),
    enabled: as_of === undefined,
  });
  const [sealing, setSealing] = useState<SealStart>();
  const seal = may.write ? setSealing : undefined;
  return (
    <div className="story">
      <Found query={work}>{({ work: { evidence } }) => <Pieces id={id} pieces={evidence} seal={seal} />}</Found>
      {as_of === undefined && (
        <Found query={collection}>{({ items }) => <Collect id={id} entities={items} seal={seal} />}</Found>
      )}
      {sealing && (
        <Seal
          id={id}
          start={sealing}
          entities={collection.data?.items.map(({ entity }) => entity) ?? []}
          close={() => setSealing(undefined)}
        />
      )}
    </div>
  );
}

function Pieces({ id, pieces, seal }: { id: string; pieces: readonly Piece[]; seal?: (start: SealStart) => void }) {
  const may = useMay();
  const hash = useLocation({ select: (location) => location.hash });
  const { shown, more } = useSlice(pieces);
  // A link may name a piece that is further down than what is shown.
  const linked = pieces.find((piece) => pieceHash(piece.id) === hash);
  const rows = linked && !shown.includes(linked) ? [linked, ...shown] : shown;
  const [checked, setChecked] = useState<readonly Api['Checked'][]>();
  const changed = changedPieces(pieces);
  return (
    <section className="card" aria-labelledby="evidence">
      <header>
        <h2 id="evidence">Evidence</h2>
        {may.write && pieces.length > 0 && <VerifyAll id={id} done={setChecked} />}
        {seal && (
          <Button look="primary" icon="plus" onPress={() => seal({ volatility: 'memory' })}>
            Seal a file…
          </Button>
        )}
      </header>
      <div role="status">{checked && <Outcome checked={checked} pieces={pieces} />}</div>
      {changed.length > 0 && (
        <p className="notice bad evidence-note">
          {count(changed.length, 'piece is', 'pieces are')} not what was sealed. Until that is put right no report is issued and no bundle is
          made. Seal the right bytes again, then verify.
        </p>
      )}
      {pieces.length === 0 ? (
        <Empty title="Nothing is sealed yet">
          <p>Collect what is lost first: memory before disk. Whatever you seal is kept under its hash, with who had it and why.</p>
        </Empty>
      ) : (
        <div className="evidence-scroll">
          <table className="evidence-table">
            <thead>
              <tr>
                <th scope="col">Piece</th>
                <th scope="col">State</th>
                <th scope="col">What it is</th>
                <th scope="col">Collected</th>
                <th scope="col">Size</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((piece) => (
                <Row key={piece.id} id={id} piece={piece} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more && <div className="body">{more}</div>}
    </section>
  );
}

function Row({ id, piece }: { id: string; piece: Piece }) {
  const navigate = useNavigate();
  const hash = pieceHash(piece.id);
  const open = useLocation({ select: (location) => location.hash }) === hash;
  const stay = { resetScroll: false, hashScrollIntoView: false };
  const toggle = () => void navigate({ to: '.', search: (search) => search, hash: open ? '' : hash, ...stay });
  return (
    <>
      <tr id={hash}>
        <th scope="row">
          <Button look="quiet" icon={open ? 'down' : 'right'} aria-expanded={open} onPress={toggle}>
            <span className="wrap evidence-name">
              #{piece.id} {piece.about.name}
            </span>
          </Button>
        </th>
        <td>
          <States states={statesOf(piece)} />
        </td>
        <td>
          {words(piece.about.volatility)}
          {piece.about.entity && <span className="mono small wrap evidence-of">{piece.about.entity.name}</span>}
        </td>
        <td className="small">
          <Moment at={piece.about.collected_at} />
          <br />
          {piece.about.collected_by}
        </td>
        <td className="number">{sizeText(piece.size_bytes)}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5} className="evidence-open">
            <Custody id={id} piece={piece} />
          </td>
        </tr>
      )}
    </>
  );
}

function VerifyAll({ id, done }: { id: string; done: (checked: readonly Api['Checked'][]) => void }) {
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    try {
      done(await read(api.POST('/api/v1/incidents/{id}/evidence/verification', { params: { path: { id } } })));
      await queries.invalidateQueries({ queryKey: ['incident', id] });
    } catch (error) {
      tellTrouble(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button icon="check" isDisabled={busy} onPress={() => void verify()}>
      {busy ? 'Verifying…' : 'Verify all'}
    </Button>
  );
}

/** What the verification found, piece by piece. */
function Outcome({ checked, pieces }: { checked: readonly Api['Checked'][]; pieces: readonly Piece[] }) {
  const wrong = checked.filter((check) => !check.intact);
  const left = pieces.length - checked.length;
  const names = new Map(pieces.map((piece) => [piece.id, piece.about.name]));
  return (
    <div className={`notice evidence-note ${wrong.length > 0 ? 'bad' : 'good'}`}>
      <details className="grow">
        <summary>
          {wrong.length === 0
            ? `${count(checked.length, 'piece is', 'pieces are')} what was sealed.`
            : `${wrong.length} of ${count(checked.length, 'piece')} not what was sealed.`}
          {left > 0 && ` ${count(left, 'piece was', 'pieces were')} left out: redacted or released.`} Show each
        </summary>
        <ul>
          {checked.map((check) => (
            <li key={check.id} className="row">
              <Badge tone={check.intact ? 'good' : 'bad'}>{check.intact ? 'Intact' : 'Changed'}</Badge>
              <span className="wrap">
                #{check.id} {names.get(check.id)}
              </span>
              {!check.intact && <span className="wrap">{check.found}</span>}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}
