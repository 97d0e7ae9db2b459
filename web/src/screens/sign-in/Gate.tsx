// The frame of what stands before the console.

import type { ReactNode } from 'react';

export function Gate({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="gate">
      <main>
        <div className="row">
          <img src="/icon.svg" alt="" width="28" height="28" />
          <h1>{title}</h1>
        </div>
        {children}
      </main>
    </div>
  );
}
