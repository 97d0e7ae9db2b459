// Names that nobody guesses.

/** 128 random bits, on origins without `crypto.randomUUID`, too. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
