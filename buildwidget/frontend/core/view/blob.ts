/** Content that is fetched when it is looked at. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "./session";

export interface Loaded<Value> {
  readonly value: Value | null;
  readonly problem: string | null;
  again(): void;
}

/** Loads once per `key`; what comes after the component is gone is dropped. */
export function useLoaded<Value>(key: string, load: () => Promise<Value>): Loaded<Value> {
  const [value, setValue] = useState<Value | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let wanted = true;
    setProblem(null);
    load().then(
      (loaded) => wanted && setValue(() => loaded),
      (error: unknown) => wanted && setProblem(messageOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [key, attempt]);
  return { value, problem, again: () => setAttempt(attempt + 1) };
}

/** An address for a blob, given back when the component is gone. */
export function useBlobAddress(blob: Blob | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address;
}
