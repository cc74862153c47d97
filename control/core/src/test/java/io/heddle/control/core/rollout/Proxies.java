package io.heddle.control.core.rollout;

import io.heddle.control.api.resource.ObjectKey;
import io.heddle.control.api.store.Revision;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Proxies that answer as they are told to. */
final class Proxies implements Staging {
  final Map<String, Answer> answers = new HashMap<>();
  final List<String> asked = new ArrayList<>();
  Selection selection = new Selection(List.of(), "", Set.of());
  boolean done = true;
  private final ObjectKey object;

  /**
   * Nobody is there yet.
   *
   * @param object what a refusal is about
   */
  Proxies(ObjectKey object) {
    this.object = object;
  }

  @Override
  public void propose(List<Proposal> change, Selection staged) {
    asked.add("propose " + change.size());
    selection = staged;
  }

  @Override
  public void reach(Selection staged) {
    asked.add("reach " + staged.stages().getLast().name());
    selection = staged;
  }

  @Override
  public void drop(Revision written) {
    asked.add("drop " + written);
    selection = new Selection(List.of(), "", Set.of());
  }

  @Override
  public State state() {
    List<Stage.Candidate> connected = new ArrayList<>();
    List<Staged> staged = new ArrayList<>();
    answers.forEach((id, answer) -> {
      Stage.Candidate proxy = new Stage.Candidate(id, Map.of(), "");
      connected.add(proxy);
      if (selection.includes(proxy)) {
        staged.add(
            answer == Answer.REJECTED
                ? new Staged(proxy, answer, "ROUTES", "outbound/default", "no", List.of(object))
                : Staged.of(proxy, answer));
      }
    });
    return new State(done, connected, staged, 1);
  }
}
