/** How the page is connected: nothing while all is well, and never a word about the build's health. */
import type { JSX } from "preact";
import type { ConnectionStatus } from "../model";
import { memo } from "./memo";
import { useBuild } from "./session";

/** What the indicator says, or null where it takes no room. */
export function connectionWord(connection: ConnectionStatus, active: boolean): string | null {
  if (!active) return null;
  if (connection.phase === "reconnecting") return "Reconnecting…";
  if (connection.phase === "failed") return "Not connected";
  if (connection.transport === "poll") return "Updates every 2 s";
  return null;
}

const LOST = "The page lost its connection. The build goes on without it.";
const POLLING =
  "Something between this page and the Jupyter server lets neither WebSockets nor event streams through, " +
  "so the page asks the server every two seconds.";

interface Props {
  readonly connection: ConnectionStatus;
  /** Whether there is anything to follow: the build is not known to have ended. */
  readonly active: boolean;
}

export const Connection = memo(function Connection({ connection, active }: Props): JSX.Element | null {
  const { actions } = useBuild();
  const word = connectionWord(connection, active);
  if (word === null) return null;
  const failed = connection.phase === "failed";
  const polling = connection.transport === "poll";
  const why = polling ? POLLING : (connection.message ?? LOST);
  return (
    <span class="bw-connection" data-phase={connection.phase} data-testid="connection" title={why}>
      <span class="bw-dot" aria-hidden="true" />
      <span class="bw-connection-word">
        {word}
        {!failed && !polling && <span class="bw-try">{` (try ${Math.max(1, connection.attempt)})`}</span>}
      </span>
      {failed && (
        <button type="button" class="bw-button bw-small" onClick={() => actions.reconnect()}>
          Retry
        </button>
      )}
    </span>
  );
});
