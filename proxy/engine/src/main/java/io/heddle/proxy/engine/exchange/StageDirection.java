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
import java.util.Optional;

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

  private final FilterStage stage;
  private final boolean request;
  private final boolean wantsHeaders;
  private final boolean wantsBody;

  private boolean headersHeld;
  private boolean headersEnd;
  private boolean held;
  private boolean deliver;
  private boolean inCallback;
  private boolean resumeAsked;
  private boolean endSeen;
  private boolean endPassed;
  private boolean dropped;
  private boolean releasing;
  private boolean readDisabled;

  /** Whether the filter has asked the sender to wait. */
  private boolean waitAsked;

  /** What was kept; most messages pass without. */
  private HeldMessage kept = HeldMessage.NOTHING;

  StageDirection(FilterStage stage, boolean request, boolean wantsHeaders, boolean wantsBody) {
    this.stage = stage;
    this.request = request;
    this.wantsHeaders = wantsHeaders;
    this.wantsBody = wantsBody;
  }

  /** To be written to. */
  private HeldMessage keep() {
    HeldMessage mine = kept;
    if (mine == HeldMessage.NOTHING) {
      mine = new HeldMessage(stage.bufferLimit());
      kept = mine;
    }
    return mine;
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
    return pausing() || releasing || kept.hasPieces();
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
      keep().unseenTrailers = trailers;
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
    keep().trailers = trailers;
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
    boolean nothingAfter = endSeen && kept.isEmpty();
    releaseHeaders(nothingAfter && headersEnd);
    Trailers after = kept.trailers;
    if (kept.gathered != null) {
      releaseGathered(endSeen && after == null);
    } else if (endSeen && !endPassed && after == null && !stage.over() && !dropped) {
      passData(Unpooled.EMPTY_BUFFER, true);
    }
    if (after != null && !stage.over() && !dropped) {
      kept.trailers = null;
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
    return Optional.ofNullable(kept.gathered);
  }

  @Override
  public void replaceBuffered(ByteBuf body) {
    if (dropped || stage.over()) {
      body.release();
      return;
    }
    HeldMessage mine = keep();
    ByteBuf before = mine.gathered;
    mine.gathered = body;
    if (before != null && before != body) {
      before.release();
    }
    HeaderMap headers = stage.message(request);
    if (headersHeld && headers != null) {
      if (endSeen && mine.trailers == null && mine.unseenTrailers == null) {
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
    HeldMessage mine = kept;
    return mine == HeldMessage.NOTHING ? stage.bufferLimit() : mine.limit;
  }

  @Override
  public void bufferLimit(int bytes) {
    if (bytes < 0 || bytes > MAX_LIMIT) {
      throw new IllegalArgumentException(
          "bufferLimit: " + bytes + " (expected: 0 to " + MAX_LIMIT + ")");
    }
    keep().limit = bytes;
  }

  @Override
  public void disableRead() {
    if (!waitAsked && !dropped && !stage.over()) {
      waitAsked = true;
      stage.disableRead(request);
    }
  }

  @Override
  public void enableRead() {
    if (waitAsked) {
      waitAsked = false;
      stage.enableRead(request);
    }
  }

  @Override
  public boolean aboveHighWatermark() {
    return stage.slow(request);
  }

  long heldBytes() {
    return kept.bytes();
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
    ByteBuf all = kept.gathered;
    if (all != null && !stage.over() && !dropped) {
      kept.gathered = null;
      passData(all, end);
    }
  }

  private void gather(ByteBuf data) {
    HeldMessage mine = keep();
    ByteBuf all = mine.gathered;
    int size = data.readableBytes() + (all == null ? 0 : all.readableBytes());
    if (size > mine.limit) {
      data.release();
      stage.overflow(request);
      return;
    }
    if (all == null) {
      // A buffer of our own: the piece may be a slice of a much larger one.
      all = stage.allocate(Math.max(data.readableBytes(), 256));
      mine.gathered = all;
    }
    all.writeBytes(data);
    data.release();
  }

  private void pause(ByteBuf data, boolean end) {
    HeldMessage mine = keep();
    if (data.isReadable() || !end) {
      mine.pieces.addLast(data);
    } else {
      data.release();
    }
    mine.unseenEnd |= end;
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
      while (!pausing() && !dropped && !stage.over() && kept.hasPieces()) {
        ByteBuf piece = kept.pieces.removeFirst();
        boolean last = kept.unseenEnd && !kept.hasPieces();
        if (last) {
          kept.unseenEnd = false;
        }
        show(piece, last);
      }
      if (!pausing() && !dropped && !stage.over() && kept.unseenEnd) {
        kept.unseenEnd = false;
        show(Unpooled.EMPTY_BUFFER, true);
      }
      Trailers after = kept.unseenTrailers;
      if (!pausing() && !dropped && !stage.over() && after != null) {
        kept.unseenTrailers = null;
        show(after);
      }
    } finally {
      releasing = false;
    }
    if (!pausing() && !dropped) {
      readAgain();
    }
  }

  private void readAgain() {
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
    HeldMessage mine = kept;
    kept = HeldMessage.NOTHING;
    mine.release();
    readAgain();
    enableRead();
  }
}
