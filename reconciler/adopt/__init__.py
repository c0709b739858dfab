"""Writing down what is live as declarations that somebody can review: pure, from values to texts.

What a machine can know is written; what a human must decide (who vouches, why, until when) is a marked gap, and until
it is filled whatever rests on it is held, so that an import by itself neither grants nor revokes.
"""
