/** Of the button that asks whether a build is to be cancelled; a command of the page presses it. */
export const cancelButtonId = 'cancel-build';
