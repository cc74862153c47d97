package io.heddle.control.core.rollout;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The other control planes that share the store, as rollouts need them: each shows a rollout to its
 * own proxies, one of them takes its steps. May wait for the shared store; any thread.
 */
public interface Replicas {
  /** What people call this control plane; empty where it is the only one. */
  String self();

  /** Whether there are, or may be, others. */
  default boolean shared() {
    return true;
  }

  /** Whether this one takes the steps; where nobody does, it does from now on. */
  boolean leads();

  /** How often the others are asked while a rollout is under way. */
  Duration pace();

  /** Asks all others. */
  Answers ask(String question);

  /**
   * What they say.
   *
   * @param silent those that are there and do not answer
   */
  record Answers(Collection<String> texts, Set<String> silent) {
    public Answers {
      texts = List.copyOf(texts);
      silent = Set.copyOf(silent);
    }
  }

  /** Nobody else has the store. */
  Replicas ALONE =
      new Replicas() {
        @Override
        public String self() {
          return "";
        }

        @Override
        public boolean shared() {
          return false;
        }

        @Override
        public boolean leads() {
          return true;
        }

        @Override
        public Duration pace() {
          return Duration.ZERO;
        }

        @Override
        public Answers ask(String question) {
          return new Answers(List.of(), Set.of());
        }
      };
}
