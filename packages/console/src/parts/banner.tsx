import { restrictions } from "../desk.ts";
import { restrictionTexts } from "../market/restriction-words.ts";
import { timeText } from "../system.ts";

/** What operators hold back now. It takes no room while that is nothing. */
export function Banner() {
  const { value: told } = restrictions;
  const texts = told === null ? [] : restrictionTexts(told, timeText);
  return (
    <div role="status" class="banner" hidden={texts.length === 0}>
      {texts.length > 0 && (
        <>
          <span class="mark" aria-hidden="true">
            ⚠
          </span>
          <span>{texts.join(". ")}. Cancels work.</span>
        </>
      )}
    </div>
  );
}
