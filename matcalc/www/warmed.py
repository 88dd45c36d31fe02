"""Imported once, before the server's processes are made from it: they have the tables read and the packages loaded."""

import gc

from matcalc.www.answers import answer

QUESTION = {"formula": "norm(X w - y)^2 + logdet(A) + sum(i=1..n, z[i]^2)", "wrt": ["w"]}
for name in ("read", "derive", "steps", "numbers", "code"):
    answer(name, {key: QUESTION[key] for key in ("formula", *(["wrt"] if name != "read" else []))})

gc.collect()
gc.freeze()  # what every process has is looked through by none of them: its pages stay shared
