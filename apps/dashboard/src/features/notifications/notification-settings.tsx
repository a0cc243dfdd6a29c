import { useState } from 'react';
import { changePreferences, usePreferences } from '../../shared/preferences/preferences.ts';
import { Switch } from '../../shared/ui/switch.tsx';
import { playChime } from './chime.ts';
import { askForDesktop, desktopPermission } from './desktop-notifications.ts';

/** How else than by toasts a person wants to be told. Off until switched on; kept in this browser. */
export function NotificationSettings() {
  const { sound, desktopNotifications } = usePreferences();
  const [permission, setPermission] = useState(desktopPermission);
  const switchDesktop = async (isOn: boolean): Promise<void> => {
    const answer = isOn ? await askForDesktop() : permission;
    setPermission(answer);
    changePreferences({ desktopNotifications: isOn && answer === 'granted' });
  };
  return (
    <div className="flex flex-col gap-2">
      <Switch
        label="Play a sound when a build ends"
        isOn={sound}
        onChange={(isOn) => {
          changePreferences({ sound: isOn });
          if (isOn) void playChime('success');
        }}
      />
      <Switch
        label="Browser notifications"
        description={desktopHints[permission]}
        isOn={desktopNotifications && permission === 'granted'}
        disabled={permission === 'unsupported'}
        onChange={(isOn) => void switchDesktop(isOn)}
      />
    </div>
  );
}

const desktopHints = {
  default: 'When a build ends while this page is in the background. Your browser will ask you first.',
  granted: 'When a build ends while this page is in the background.',
  denied:
    'Your browser blocks them for this page. Allow them in its site settings, beside the address, then try again.',
  unsupported: 'This browser offers none for this page; they need a secure address (https, or localhost).',
} as const;
