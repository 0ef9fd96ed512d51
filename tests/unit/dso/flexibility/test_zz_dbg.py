import importlib.util, cProfile, pstats, time
import numpy as np
spec=importlib.util.spec_from_file_location("trb","/work/main/tests/unit/dso/flexibility/test_request_bound.py"); trb=importlib.util.module_from_spec(spec); spec.loader.exec_module(trb)
def test_x(random_tree, engine):
    c=random_tree(3); m=c.power.p_kw[0]*0.8
    trb.lower_bound(c,m,np.ones(len(m)))
    pr=cProfile.Profile(); pr.enable()
    for s in range(4,8):
        t=time.perf_counter(); c=random_tree(s); m=c.power.p_kw[0]*0.8
        trb.lower_bound(c,m,np.ones(len(m))); print(time.perf_counter()-t)
    pr.disable(); pstats.Stats(pr).sort_stats("tottime").print_stats(14)
