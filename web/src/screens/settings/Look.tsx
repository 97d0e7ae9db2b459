// How the console looks and behaves; kept with the account.

import { Check, Choice } from '../../ui/Field';
import { changeSettings, useSettings, type Settings } from '../../ui/settings';
import { Moment } from '../../ui/When';

const THEMES: readonly (readonly [Settings['theme'], string])[] = [
  ['system', 'As the system has it'],
  ['light', 'Light'],
  ['dark', 'Dark'],
  ['contrast', 'High contrast'],
];

export function Look() {
  const { theme, density, zone, keys } = useSettings();
  return (
    <section className="card narrow" aria-labelledby="look">
      <header>
        <h2 id="look">Look</h2>
      </header>
      <div className="body stack">
        <Choice label="Theme" value={theme} onChange={(value) => changeSettings({ theme: value })} options={THEMES} />
        <Choice
          label="Density"
          value={density}
          onChange={(value) => changeSettings({ density: value })}
          options={[
            ['comfortable', 'Comfortable'],
            ['compact', 'Compact: more rows on a screen'],
          ]}
        />
        <Choice
          label="Times"
          value={zone}
          onChange={(value) => changeSettings({ zone: value })}
          options={[
            ['utc', 'In UTC, as logs mostly have them'],
            ['local', 'In the time of this computer'],
          ]}
        />
        <p className="soft">
          It is now <Moment at={new Date().toISOString()} />
        </p>
        <Check label="Single keys are shortcuts, such as j, k, x, / and ?" checked={keys} onChange={(on) => changeSettings({ keys: on })} />
        <p className="soft small">Switch them off if you speak to your computer, or press keys by mistake. Keys with Ctrl go on working.</p>
      </div>
    </section>
  );
}
