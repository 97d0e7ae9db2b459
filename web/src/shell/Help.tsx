// Which keys do what.

import { Dialog } from '../ui/Dialog';
import { Check } from '../ui/Field';
import { changeSettings, useSettings } from '../ui/settings';
import { PLACES } from './places';

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['Ctrl K or /', 'Search, go, act'],
  ['?', 'This help'],
  ['j or ↓', 'Next row of a list'],
  ['k or ↑', 'Row before'],
  ['x', 'Select the row'],
  ['Shift ↓ or ↑', 'Select on the way'],
  ['Ctrl A', 'Select all rows that are loaded'],
  ['Enter', 'Open the row'],
  ['Esc', 'Close what is open; unselect'],
  ['F6', 'To the latest news at the edge, and back'],
];

export function Help({ open, close }: { open: boolean; close: () => void }) {
  const { keys } = useSettings();
  return (
    <Dialog title="Keys" open={open} close={close} light>
      <table>
        <tbody>
          {KEYS.map(([pressed, what]) => (
            <tr key={what}>
              <th scope="row">
                <kbd>{pressed}</kbd>
              </th>
              <td>{what}</td>
            </tr>
          ))}
          {PLACES.map(({ key, text }) => (
            <tr key={key}>
              <th scope="row">
                <kbd>g {key}</kbd>
              </th>
              <td>Go to {text}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Check label="Single keys are shortcuts" checked={keys} onChange={(on) => changeSettings({ keys: on })} />
    </Dialog>
  );
}
