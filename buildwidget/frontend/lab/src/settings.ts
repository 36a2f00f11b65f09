/** The settings of schema/panel.json, always whole, also where the page has no settings. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";

export interface Settings {
  readonly notifications: boolean;
  /** Seconds. */
  readonly notificationThreshold: number;
  readonly panelSide: "left" | "right";
  readonly logLines: number;
}

const DEFAULTS: Settings = {
  notifications: true,
  notificationThreshold: 10,
  panelSide: "left",
  logLines: 5_000,
};

let current = DEFAULTS;

/** The settings as they are now. */
export function currentSettings(): Settings {
  return current;
}

/** Calls `onChange` with the settings, at once or when they are loaded, and after every change. */
export async function followSettings(
  registry: ISettingRegistry | null,
  plugin: string,
  onChange: (settings: Settings) => void,
): Promise<void> {
  const become = (settings: Settings) => {
    current = settings;
    onChange(settings);
  };
  if (registry === null) {
    become(DEFAULTS);
    return;
  }
  const tell = (loaded: ISettingRegistry.ISettings) =>
    become({ ...DEFAULTS, ...(loaded.composite as Partial<Settings>) });
  try {
    const loaded = await registry.load(plugin);
    loaded.changed.connect(tell);
    tell(loaded);
  } catch (error) {
    // A schema that the server does not have (a page older than the server) must not cost the panel.
    console.warn("The settings of buildwidget could not be loaded", error);
    become(DEFAULTS);
  }
}
