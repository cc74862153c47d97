package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.BodyWhileSuspended;
import io.heddle.proxy.api.DataDecision;
import io.heddle.proxy.api.FilterDirection;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.TrailersDecision;
import io.heddle.proxy.codec.Trailers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One direction of an exchange as one filter holds it. Owned by the exchange's loop.
 *
 * <p>Held headers, what the filter gathered, what was paused unseen: they leave in this order, and
 * nothing overtakes them.
 */
// Identity is meant.
@SuppressWarnings("ReferenceEquality")
final class StageDirection implements FilterDirection {
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");
  private static final int MAX_LIMIT = 256 << 20;

  /** Never added to. */
  private static final ArrayDeque<ByteBuf> NONE = new ArrayDeque<>(0);

  private final FilterStage stage;
  private final boolean request;
  private final boolean wantsHeaders;
  private final boolean wantsBody;
  private int limit;

  private boolean headersHeld;
  private boolean headersEnd;
  private boolean held;
  private boolean deliver;
  private boolean inCallback;
  private boolean resumeAsked;
  private boolean endSeen;
  private boolean endPassed;
  private boolean dropped;
  private @Nullable ByteBuf gathered;
  private @Nullable Trailers heldTrailers;
  private ArrayDeque<ByteBuf> paused = NONE;
  private boolean pausedEnd;
  private boolean releasing;
  private @Nullable Trailers pausedTrailers;
  private boolean readDisabled;

  StageDirection(
      FilterStage stage, boolean request, boolean wantsHeaders, boolean wantsBody, int limit) {
    this.stage = stage;
    this.request = request;
    this.wantsHeaders = wantsHeaders;
    this.wantsBody = wantsBody;
    this.limit = limit;
  }

  // --- from the one before ---

  void headers(boolean end) {
    headersEnd = end;
    endSeen = end;
    if (!wantsHeaders) {
      passHeaders(end);
      return;
    }
    HeadersDecision decision;
    inCallback = true;
    resumeAsked = false;
    try {
      decision = stage.headers(request, end);
    } catch (RuntimeException failure) {
      stage.failed(failure);
      return;
    } finally {
      inCallback = false;
    }
    if (dropped || stage.over()) {
      return;
    }
    switch (decision) {
      case HeadersDecision.Continue _ -> passHeaders(end);
      case HeadersDecision.Suspend suspend -> {
        held = true;
        headersHeld = true;
        deliver = suspend.body() == BodyWhileSuspended.DELIVER;
        if (resumeAsked) {
          resume();
        }
      }
      case HeadersDecision.Reply reply -> stage.reply(reply.reply());
    }
  }

  /** Whether what comes is kept and not shown to the filter, nor passed on. */
  private boolean pausing() {
    return held && !(deliver && wantsBody);
  }

  /** Whether what comes now has to queue: nothing overtakes what was kept before. */
  private boolean mustQueue() {
    return pausing() || releasing || !paused.isEmpty();
  }

  void data(ByteBuf data, boolean end) {
    if (dropped) {
      data.release();
    } else if (mustQueue()) {
      pause(data, end);
    } else {
      show(data, end);
    }
  }

  private void show(ByteBuf data, boolean end) {
    if (end) {
      endSeen = true;
    }
    if (!wantsBody) {
      passData(data, end);
      return;
    }
    DataDecision decision;
    inCallback = true;
    resumeAsked = false;
    try {
      decision = stage.data(request, data, end);
    } catch (RuntimeException failure) {
      data.release();
      stage.failed(failure);
      return;
    } finally {
      inCallback = false;
    }
    if (dropped || stage.over()) {
      data.release();
      return;
    }
    switch (decision) {
      case CONTINUE -> {
        held = false;
        releaseHeaders(false);
        releaseGathered(false);
        if (stage.over() || dropped) {
          data.release();
        } else {
          passData(data, end);
        }
      }
      case BUFFER -> {
        held = true;
        deliver = true;
        gather(data);
        if (!dropped && !stage.over() && resumeAsked) {
          resume();
        }
      }
      case CONSUME -> {
        data.release();
        if (resumeAsked) {
          held = true;
          resume();
        }
      }
    }
  }

  void trailers(Trailers trailers) {
    if (dropped) {
      return;
    }
    if (mustQueue()) {
      pausedTrailers = trailers;
    } else {
      show(trailers);
    }
  }

  private void show(Trailers trailers) {
    endSeen = true;
    if (!wantsBody) {
      stage.nextTrailers(request, trailers);
      return;
    }
    TrailersDecision decision;
    inCallback = true;
    resumeAsked = false;
    try {
      decision = stage.trailers(request, trailers);
    } catch (RuntimeException failure) {
      stage.failed(failure);
      return;
    } finally {
      inCallback = false;
    }
    if (dropped || stage.over() || endPassed) {
      // The filter may have put something else in their place, with the end of the message.
      return;
    }
    heldTrailers = trailers;
    if (decision == TrailersDecision.SUSPEND && !resumeAsked) {
      held = true;
    } else {
      held = true;
      resume();
    }
  }

  // --- FilterDirection ---

  @Override
  public void resume() {
    if (inCallback) {
      resumeAsked = true;
      return;
    }
    if (!held || dropped || stage.over()) {
      return;
    }
    held = false;
    deliver = false;
    boolean nothingAfter =
        endSeen && heldTrailers == null && gathered == null && paused.isEmpty() && !pausedEnd;
    releaseHeaders(nothingAfter && headersEnd);
    Trailers after = heldTrailers;
    if (gathered != null) {
      releaseGathered(endSeen && after == null);
    } else if (endSeen && !endPassed && after == null && !stage.over() && !dropped) {
      passData(Unpooled.EMPTY_BUFFER, true);
    }
    if (after != null && !stage.over() && !dropped) {
      heldTrailers = null;
      endPassed = true;
      stage.nextTrailers(request, after);
    }
    releasePaused();
  }

  @Override
  public boolean suspended() {
    return held;
  }

  @Override
  public Optional<ByteBuf> buffered() {
    return Optional.ofNullable(gathered);
  }

  @Override
  public void replaceBuffered(ByteBuf body) {
    if (dropped || stage.over()) {
      body.release();
      return;
    }
    ByteBuf before = gathered;
    gathered = body;
    if (before != null && before != body) {
      before.release();
    }
    HeaderMap headers = stage.message(request);
    if (headersHeld && headers != null) {
      if (endSeen && heldTrailers == null && pausedTrailers == null) {
        headers.set(CONTENT_LENGTH, Integer.toString(body.readableBytes()));
      } else {
        headers.remove(CONTENT_LENGTH);
      }
    }
  }

  @Override
  public void inject(ByteBuf data, boolean endStream) {
    if (dropped || stage.over() || endPassed) {
      data.release();
      return;
    }
    releaseHeaders(false);
    if (stage.over() || dropped) {
      data.release();
      return;
    }
    passData(data, endStream);
  }

  @Override
  public int bufferLimit() {
    return limit;
  }

  @Override
  public void bufferLimit(int bytes) {
    if (bytes < 0 || bytes > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "bufferLimit: " + bytes + " (expected: 0 to " + MAX_LIMIT + ")");
    }
    limit = bytes;
  }

  @Override
  public boolean aboveHighWatermark() {
    return stage.slow(request);
  }

  // --- to the next ---

  private void passHeaders(boolean end) {
    endPassed |= end;
    stage.nextHeaders(request, end);
  }

  private void passData(ByteBuf data, boolean end) {
    endPassed |= end;
    stage.nextData(request, data, end);
  }

  private void releaseHeaders(boolean end) {
    if (headersHeld) {
      headersHeld = false;
      passHeaders(end);
    }
  }

  private void releaseGathered(boolean end) {
    ByteBuf all = gathered;
    if (all != null && !stage.over() && !dropped) {
      gathered = null;
      passData(all, end);
    }
  }

  private void gather(ByteBuf data) {
    ByteBuf all = gathered;
    int size = data.readableBytes() + (all == null ? 0 : all.readableBytes());
    if (size > limit) {
      data.release();
      stage.overflow(request);
      return;
    }
    if (all == null) {
      // A buffer of our own: the piece may be a slice of a much larger one.
      all = stage.allocate(Math.max(data.readableBytes(), 256));
      gathered = all;
    }
    all.writeBytes(data);
    data.release();
  }

  private void pause(ByteBuf data, boolean end) {
    if (data.isReadable() || !end) {
      if (paused == NONE) {
        paused = new ArrayDeque<>();
      }
      paused.addLast(data);
    } else {
      data.release();
    }
    pausedEnd |= end;
    // One read may already be under way; what it brings is kept, and no more is asked for.
    if (!end && !readDisabled) {
      readDisabled = true;
      stage.disableRead(request);
    }
  }

  /**
   * Shows the filter what was kept, piece by piece, for as long as it does not pause again: a
   * filter that gathers holds the message too, yet wants the rest.
   */
  private void releasePaused() {
    if (releasing) {
      // The filter resumed from within a piece; the loop below goes on with the next.
      return;
    }
    releasing = true;
    try {
      while (!pausing() && !dropped && !stage.over() && !paused.isEmpty()) {
        ByteBuf piece = paused.removeFirst();
        boolean last = paused.isEmpty() && pausedEnd;
        if (last) {
          pausedEnd = false;
        }
        show(piece, last);
      }
      if (!pausing() && !dropped && !stage.over() && pausedEnd) {
        pausedEnd = false;
        show(Unpooled.EMPTY_BUFFER, true);
      }
      Trailers after = pausedTrailers;
      if (!pausing() && !dropped && !stage.over() && after != null) {
        pausedTrailers = null;
        show(after);
      }
    } finally {
      releasing = false;
    }
    if (!pausing() && !dropped) {
      enableRead();
    }
  }

  private void enableRead() {
    if (readDisabled) {
      readDisabled = false;
      stage.enableRead(request);
    }
  }

  /** Drops everything held: nothing of this message goes on. */
  void drop() {
    dropped = true;
    held = false;
    headersHeld = false;
    ByteBuf all = gathered;
    gathered = null;
    if (all != null) {
      all.release();
    }
    ArrayDeque<ByteBuf> unseen = paused;
    paused = NONE;
    unseen.forEach(ByteBuf::release);
    pausedTrailers = null;
    heldTrailers = null;
    enableRead();
  }
}
