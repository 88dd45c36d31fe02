"""Emitted code: expressions as arrays (``values``, ``products``, ``lower``), a graph of operations (``ops``), its lines.

``function`` is the way in. What is cut out of the graph or put otherwise has a page each: ``chains`` (the order of products),
``totals`` and ``batches`` (sums over an index as products), ``network`` and ``contract`` (matrices over vec), ``in_place``.
``targets`` spell the lines for another array library; ``julia`` writes its own.
"""
