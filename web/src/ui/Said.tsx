// A text that changes by itself, a count of what comes in, say: shown at once, but read out now and then only, or nobody who listens
// could do anything else.

import { useEffect, useRef, useState } from 'react';

const SAID_EVERY_MS = 10_000;
/** Readers have taken it by then; left there, they would find the text twice. */
const GONE_AFTER_MS = 2_000;

export function Said({ text, className = 'soft' }: { text: string; className?: string }) {
  const news = useNews(text);
  return (
    <>
      <span className={className}>{text}</span>
      <span className="hidden" role="status">
        {news}
      </span>
    </>
  );
}

function useNews(text: string): string {
  const [news, setNews] = useState('');
  const said = useRef({ text: '', at: -SAID_EVERY_MS });
  useEffect(() => {
    if (text === '' || text === said.current.text) return;
    const wait = said.current.at + SAID_EVERY_MS - performance.now();
    const timer = setTimeout(() => {
      said.current = { text, at: performance.now() };
      setNews(text);
    }, Math.max(0, wait));
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    if (news === '') return;
    const timer = setTimeout(() => setNews(''), GONE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [news]);
  return news;
}
