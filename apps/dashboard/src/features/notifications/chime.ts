export type Chime = 'success' | 'failure';

/** Two tones each: upwards for what went well, downwards for what did not. In hertz. */
const tones: Readonly<Record<Chime, readonly [number, number]>> = {
  success: [587.33, 880],
  failure: [392, 293.66],
};
const toneSeconds = 0.14;
const fadeSeconds = 0.22;
const volume = 0.12;
/** Other tabs that are told of the same build keep quiet for so long. */
const quietMs = 3_000;

let context: AudioContext | null = null;

/** Plays a short sound made here. Silent where the browser does not let a page play before it was touched. */
export async function playChime(chime: Chime): Promise<void> {
  try {
    context ??= new AudioContext();
    // Waiting for the permission would play it late, at the first click.
    if (context.state === 'suspended' && !navigator.userActivation.hasBeenActive) return;
    await context.resume();
    tones[chime].forEach((hertz, index) => {
      if (context !== null) playTone(context, { hertz, delaySeconds: index * toneSeconds });
    });
  } catch {
    // No sound device, or no permission: what is told is seen anyway.
  }
}

/** The same, in one of the tabs that want to: the others find the lock of this id taken. */
export async function playChimeOnce(chime: Chime, id: string): Promise<void> {
  if (!('locks' in navigator)) return playChime(chime);
  const play = async (lock: Lock | null) => {
    if (lock === null) return;
    await playChime(chime);
    await new Promise((resolve) => setTimeout(resolve, quietMs));
  };
  // A page that is being left gets no lock, and needs no sound.
  await navigator.locks.request(`yardmaster.chime.${id}`, { ifAvailable: true }, play).catch(() => {});
}

function playTone(
  audio: AudioContext,
  { hertz, delaySeconds }: { readonly hertz: number; readonly delaySeconds: number },
): void {
  const from = audio.currentTime + delaySeconds;
  const until = from + toneSeconds + fadeSeconds;
  const loudness = new GainNode(audio, { gain: 0 });
  loudness.gain.setValueAtTime(0, from);
  loudness.gain.linearRampToValueAtTime(volume, from + 0.01);
  loudness.gain.exponentialRampToValueAtTime(0.0001, until);
  const tone = new OscillatorNode(audio, { type: 'sine', frequency: hertz });
  tone.connect(loudness).connect(audio.destination);
  tone.start(from);
  tone.stop(until);
}
