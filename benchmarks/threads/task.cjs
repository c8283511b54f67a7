'use strict'
/** Works for so many microseconds. */
module.exports = (us) => {
  const end = performance.now() + us / 1000
  while (us > 0 && performance.now() < end);
  return us
}
