import { Monitor, Moon, Sun } from 'lucide-react';
import type { ReactNode } from 'react';
import { NotificationSettings } from '../features/notifications/notification-settings.tsx';
import { changePreferences, type Preferences, usePreferences } from '../shared/preferences/preferences.ts';
import { Dialog } from '../shared/ui/dialog.tsx';
import { Segmented } from '../shared/ui/segmented.tsx';
import { Select } from '../shared/ui/select.tsx';
import { Switch } from '../shared/ui/switch.tsx';
import type { OverlayProps } from './overlays.tsx';

const themes = [
  { value: 'system', label: 'System', icon: Monitor },
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
] as const;

const pollIntervals = ([1_000, 2_000, 5_000, 10_000] as const).map((ms) => ({
  value: String(ms),
  label: ms === 1_000 ? 'Every second' : `Every ${ms / 1_000} seconds`,
  ms,
}));

/** What can be set for this browser; every change takes effect at once. */
export function PreferencesDialog({ isOpen, onClose }: OverlayProps) {
  const { theme, shortcuts, pollIntervalMs } = usePreferences();
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Preferences"
      description="They are kept in this browser and take effect at once."
    >
      <div className="flex flex-col divide-y divide-line [&>section]:py-5 [&>section:first-child]:pt-2 [&>section:last-child]:pb-0">
        <Section title="Appearance">
          <Segmented
            label="Theme"
            value={theme}
            options={themes}
            onChange={(next: Preferences['theme']) => changePreferences({ theme: next })}
            className="flex w-full"
          />
        </Section>
        <Section title="Notifications">
          <NotificationSettings />
        </Section>
        <Section title="Keyboard">
          <Switch
            label="Single-key shortcuts"
            description="Keys that work without Ctrl or ⌘, such as ? for the list of them all."
            isOn={shortcuts}
            onChange={(isOn) => changePreferences({ shortcuts: isOn })}
          />
        </Section>
        <Section title="Connection">
          <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
            <p className="min-w-48 flex-1">
              <label htmlFor="poll-interval" className="font-medium">
                Ask for news
              </label>
              <span className="mt-0.5 block text-[13px] text-pretty text-muted">
                While no live connection can be had. With one, news come by themselves.
              </span>
            </p>
            <Select
              id="poll-interval"
              label="Ask for news"
              value={String(pollIntervalMs)}
              options={pollIntervals}
              onChange={(value) => {
                const chosen = pollIntervals.find((interval) => interval.value === value);
                if (chosen !== undefined) changePreferences({ pollIntervalMs: chosen.ms });
              }}
            />
          </div>
        </Section>
      </div>
    </Dialog>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section>
      <h3 className="mb-2 text-xs font-medium text-muted">{title}</h3>
      {children}
    </section>
  );
}
