/** Typed events: names and what their listeners are given. */
export class Events<All> {
  private readonly listeners = new Map<keyof All, Set<(value: never) => void>>();

  /** Returns what takes the listener away again. */
  on<Name extends keyof All>(name: Name, listener: (value: All[Name]) => void): () => void {
    const those = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, those);
    those.add(listener);
    return () => those.delete(listener);
  }

  /** A listener that fails is told of in the console, and keeps nothing from the others. */
  emit<Name extends keyof All>(name: Name, value: All[Name]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) {
      try {
        (listener as (value: All[Name]) => void)(value);
      } catch (error) {
        console.error(`a listener of '${String(name)}' has failed`, error);
      }
    }
  }
}
