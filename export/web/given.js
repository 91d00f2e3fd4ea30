// The panel of what a model reads beside an example or a latent: a condition, a label.
import { byId, element } from "./page.js";

const MOST_FIELDS = 64;

export class GivenPanel extends EventTarget {
  /** @param constants the model's: what is set here is written there. */
  constructor(atlas, constants) {
    super();
    Object.assign(this, { atlas, constants });
    this.fields = {};
    for (const [name, values] of Object.entries(atlas.side)) {
      // Too many to be set one by one: they are those of the example that was taken last.
      if (values.length <= MOST_FIELDS) {
        this.#makeFields(name, values);
      }
    }
    byId("given").hidden = Object.keys(this.fields).length === 0;
  }

  take(number) {
    for (const name of Object.keys(this.atlas.side)) {
      this.constants[name] = [...this.atlas.examples[name][number]];
      this.fields[name]?.forEach((field, i) => {
        field.value = this.constants[name][i];
      });
    }
  }

  #makeFields(name, values) {
    const set = element("fieldset", {}, element("legend", { textContent: name }));
    this.fields[name] = values.map((value, i) => {
      const field = element("input", { type: "number", step: "any", value });
      field.setAttribute("aria-label", values.length > 1 ? `${name} ${i}` : name);
      field.addEventListener("input", () => {
        if (field.value !== "" && field.validity.valid) {
          this.constants[name][i] = Number(field.value);
          this.dispatchEvent(new Event("change"));
        }
      });
      set.append(field);
      return field;
    });
    byId("given-fields").append(set);
  }
}
