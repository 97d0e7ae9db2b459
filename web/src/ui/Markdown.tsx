// Markdown that people wrote, as elements. It must never make HTML of text: a lexer tells the parts, each part becomes an element
// of ours, and HTML in it is shown as the text it is. Nothing outside of this console becomes a link that can be followed.

import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { createElement, memo, type ReactNode } from 'react';

import { defang } from './text';
import './markdown.css';

interface MarkdownProps {
  text: string;
  /** Level of its first heading, so that it fits below the headings of the page. */
  level?: 3 | 4 | 5;
}

/** What is nested deeper is shown as it was typed; it was not written for reading. */
const DEPTH_MAX = 12;

export const Markdown = memo(function Markdown({ text, level = 3 }: MarkdownProps) {
  const tokens = lex(text);
  if (!tokens) return <pre className="markdown">{text}</pre>;
  return <div className="markdown">{blocks(tokens, level)}</div>;
});

/** Text that the lexer cannot take (nested beyond measure, say) is shown as it is. */
function lex(text: string): Token[] | undefined {
  try {
    return Lexer.lex(text, { gfm: true });
  } catch {
    return undefined;
  }
}

/** Headings get levels without gaps, whatever number of # somebody typed. */
function blocks(tokens: Token[], level: number): ReactNode {
  const above: number[] = [];
  return tokens.map((token, index) => {
    if (token.type !== 'heading') return <Block key={index} token={token} depth={0} />;
    const { depth, tokens: inside } = token as Tokens.Heading;
    while ((above.at(-1) ?? 0) >= depth) above.pop();
    above.push(depth);
    const name = `h${Math.min(6, level + above.length - 1)}`;
    return createElement(name, { key: index }, <Inline tokens={inside} depth={0} />);
  });
}

function Block({ token, depth }: { token: Token; depth: number }): ReactNode {
  if (depth > DEPTH_MAX) return token.raw;
  const part = token as MarkedToken;
  switch (part.type) {
    case 'space':
    case 'def':
      return null;
    case 'hr':
      return <hr />;
    case 'code':
      return (
        <pre>
          <code>{part.text}</code>
        </pre>
      );
    case 'blockquote':
      return (
        <blockquote>
          <Blocks tokens={part.tokens} depth={depth + 1} />
        </blockquote>
      );
    case 'list':
      return <List list={part} depth={depth + 1} />;
    case 'table':
      return <Table table={part} depth={depth + 1} />;
    case 'paragraph':
      return (
        <p>
          <Inline tokens={part.tokens} depth={depth + 1} />
        </p>
      );
    case 'heading':
      return (
        <p>
          <strong>
            <Inline tokens={part.tokens} depth={depth + 1} />
          </strong>
        </p>
      );
    case 'html':
      return <p className="as-typed">{part.raw.trimEnd()}</p>;
    default:
      return <Inline tokens={[token]} depth={depth} />;
  }
}

function Blocks({ tokens, depth }: { tokens: Token[]; depth: number }) {
  return tokens.map((token, index) => <Block key={index} token={token} depth={depth} />);
}

function List({ list, depth }: { list: Tokens.List; depth: number }) {
  const items = list.items.map((item, index) => (
    <li key={index} className={item.task ? 'task' : undefined}>
      <Blocks tokens={item.tokens} depth={depth} />
    </li>
  ));
  return list.ordered ? <ol start={list.start === '' ? 1 : list.start}>{items}</ol> : <ul>{items}</ul>;
}

function Table({ table, depth }: { table: Tokens.Table; depth: number }) {
  return (
    <table>
      <thead>
        <tr>
          {table.header.map((cell, index) => (
            <th key={index} scope="col">
              <Inline tokens={cell.tokens} depth={depth} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={column}>
                <Inline tokens={cell.tokens} depth={depth} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Inline({ tokens, depth }: { tokens: Token[]; depth: number }) {
  return tokens.map((token, index) => <Span key={index} token={token} depth={depth} />);
}

function Span({ token, depth }: { token: Token; depth: number }): ReactNode {
  if (depth > DEPTH_MAX) return token.raw;
  const part = token as MarkedToken;
  const inside = 'tokens' in part && part.tokens ? <Inline tokens={part.tokens as Token[]} depth={depth + 1} /> : null;
  switch (part.type) {
    case 'strong':
      return <strong>{inside}</strong>;
    case 'em':
      return <em>{inside}</em>;
    case 'del':
      return <del>{inside}</del>;
    case 'codespan':
      return <code>{part.text}</code>;
    case 'br':
      return <br />;
    case 'escape':
      return part.text;
    case 'text':
      return inside ?? characters(part.text);
    case 'checkbox':
      return <TaskBox done={part.checked} />;
    case 'image':
      return <span className="soft">[Image: {part.text || 'without a description'}]</span>;
    case 'link':
      return <Address link={part}>{inside}</Address>;
    default:
      return token.raw;
  }
}

function TaskBox({ done }: { done: boolean }) {
  return (
    <>
      <span aria-hidden="true">{done ? '☑ ' : '☐ '}</span>
      <span className="hidden">{done ? 'Done: ' : 'Open: '}</span>
    </>
  );
}

/** Only what leads into this console can be followed; other addresses are text that nothing follows by mistake. */
function Address({ link, children }: { link: Tokens.Link; children: ReactNode }) {
  const address = URL.canParse(link.href, window.location.origin) ? new URL(link.href, window.location.origin) : undefined;
  // The origin of `blob:http://here/…` is ours, too; what it holds is not.
  const isWeb = address?.protocol === 'https:' || address?.protocol === 'http:';
  if (address && isWeb && address.origin === window.location.origin) return <a href={address.href}>{children}</a>;
  if (!isWeb && address?.protocol !== 'mailto:') return <>{link.raw}</>;
  const shown = defang(link.href);
  if (link.autolink || link.text === link.href) return <span className="mono">{shown}</span>;
  return (
    <>
      {children} <span className="mono">({shown})</span>
    </>
  );
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** Character references as the characters they stand for (CommonMark 0.31, 2.5): text, never markup. */
function characters(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-z]+));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name) return NAMED[name] ?? whole;
    const code = decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
