import { Menu } from '@base-ui/react/menu';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { chooseTheme, currentTheme, THEMES, type Theme } from '../look/theme.ts';
import { useZone, ZONES, type Zone } from '../look/zone.tsx';
import { useMe } from '../session/me.ts';
import { signOut } from '../session/sign-out.ts';
import { buttonClass } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { tell } from '../ui/tell.tsx';
import { showOverlay } from './overlays.ts';
import styles from './person-menu.module.css';

const ZONE_NAMES: Readonly<Record<Zone, string>> = { mine: 'My time', route: "The route's time", utc: 'UTC' };
const THEME_NAMES: Readonly<Record<Theme, string>> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
};

/** Who is signed in, and how he wants to see things. */
export function PersonMenu() {
  const me = useMe();
  const { zone, choose } = useZone();
  const [theme, setTheme] = useState(currentTheme);
  const navigate = useNavigate();
  const leave = async () => {
    try {
      await signOut();
    } catch (error) {
      tell({
        title: 'You are still signed in.',
        description: error instanceof Error ? error.message : String(error),
        tone: 'bad',
      });
    }
  };
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        className={buttonClass('quiet')}
        aria-label={`${me.name}, ${me.role}: account and appearance`}
      >
        <Icon name="person" />
        <span className={styles['name']}>{me.name}</span>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={6} className={styles['positioner']}>
          <Menu.Popup className={styles['popup']}>
            <div className={styles['who']}>
              {me.name} <span>{me.role}</span>
            </div>
            <Menu.Item
              className={styles['item']}
              onClick={() => void navigate({ to: '/settings/$section', params: { section: 'account' } })}
            >
              Account and second factor
            </Menu.Item>
            <Menu.RadioGroup value={zone} onValueChange={choose}>
              <Menu.GroupLabel className={styles['label']}>Times are shown in</Menu.GroupLabel>
              {ZONES.map((known) => (
                <Choice key={known} value={known} name={ZONE_NAMES[known]} />
              ))}
            </Menu.RadioGroup>
            <Menu.RadioGroup
              value={theme}
              onValueChange={(chosen: Theme) => {
                chooseTheme(chosen);
                setTheme(chosen);
              }}
            >
              <Menu.GroupLabel className={styles['label']}>Appearance</Menu.GroupLabel>
              {THEMES.map((known) => (
                <Choice key={known} value={known} name={THEME_NAMES[known]} />
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className={styles['line']} />
            <Menu.Item className={styles['item']} onClick={() => showOverlay('keys')}>
              Keys
            </Menu.Item>
            <Menu.Item className={styles['item']} onClick={() => void leave()}>
              Sign out
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Choice({ value, name }: { value: string; name: string }) {
  return (
    <Menu.RadioItem value={value} className={styles['item']} closeOnClick={false}>
      <span className={styles['tick']}>
        <Menu.RadioItemIndicator>
          <Icon name="check" />
        </Menu.RadioItemIndicator>
      </span>
      {name}
    </Menu.RadioItem>
  );
}
