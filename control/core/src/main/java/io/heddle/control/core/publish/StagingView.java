package io.heddle.control.core.publish;

import io.heddle.control.api.store.Revision;
import io.heddle.control.core.rollout.Proposal;
import io.heddle.control.core.rollout.Selection;
import io.heddle.control.core.rollout.Stage;
import io.heddle.control.core.rollout.Staging;
import io.heddle.xds.server.ProxySync;
import io.heddle.xds.server.Rejection;
import io.heddle.xds.server.ResourceKey;
import io.heddle.xds.server.SyncView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** {@link SideBySide} as a rollout sees it: for any thread. */
final class StagingView implements Staging {
  private final SideBySide sides;
  private final SyncView view;
  private final Consumer<Runnable> publisher;
  private final AtomicLong asked = new AtomicLong();
  private final AtomicLong done = new AtomicLong();

  /**
   * @param publisher runs something on the publisher's thread, and then publishes
   */
  StagingView(SideBySide sides, SyncView view, Consumer<Runnable> publisher) {
    this.sides = sides;
    this.view = view;
    this.publisher = publisher;
  }

  @Override
  public void propose(List<Proposal> change, Selection staged) {
    ask(() -> sides.propose(change, staged));
  }

  @Override
  public void reach(Selection staged) {
    ask(() -> sides.reach(staged));
  }

  @Override
  public void drop(Revision written) {
    ask(() -> sides.end(written));
  }

  private void ask(Runnable command) {
    asked.incrementAndGet();
    publisher.accept(command);
  }

  /** So many commands were carried out and published. */
  void published(int commands) {
    done.addAndGet(commands);
  }

  @Override
  public State state() {
    // Asked first: what is done by now may be more in a moment, never less.
    boolean settled = done.get() == asked.get();
    List<Stage.Candidate> connected = new ArrayList<>();
    Map<String, SideBySide.Member> staged = new HashMap<>();
    for (SideBySide.Member member : sides.members.values()) {
      if (member.connected()) {
        if (sides.mayBeStaged(member)) {
          connected.add(member.proxy());
        }
        if (sides.staged.contains(member.own())) {
          staged.put(member.proxy().id(), member);
        }
      }
    }
    Map<String, ProxySync> answers = new HashMap<>();
    if (!staged.isEmpty() && !sides.differing.isEmpty()) {
      for (ProxySync sync : view.compare(sides.versions())) {
        answers.put(sync.node().id(), sync);
      }
    }
    List<Staged> told = new ArrayList<>();
    staged.forEach((id, member) -> told.add(staged(member.proxy(), answers.get(id))));
    told.sort((a, b) -> a.proxy().id().compareTo(b.proxy().id()));
    return new State(settled, connected, told, sides.differing.size());
  }

  private Staged staged(Stage.Candidate proxy, @org.jspecify.annotations.Nullable ProxySync sync) {
    if (sync == null) {
      return Staged.of(proxy, Answer.UNCONCERNED);
    }
    return switch (sync.state()) {
      case IN_SYNC -> Staged.of(proxy, Answer.IN_SYNC);
      case BEHIND -> Staged.of(proxy, Answer.BEHIND);
      case REJECTED -> {
        Rejection first = sync.rejections().getFirst();
        yield new Staged(
            proxy,
            Answer.REJECTED,
            first.type().name(),
            first.name(),
            first.message(),
            sides.embodiedIn(new ResourceKey(first.type(), first.name()), first.version()));
      }
    };
  }
}
