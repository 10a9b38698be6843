import carla


def test_trees_stand_beside_the_road(world):
    trees = world.get_environment_objects(carla.CityObjectLabel.Vegetation)
    assert trees
    assert all(tree.name.startswith(("tree.", "bush", "hedge")) for tree in trees)
    assert len({tree.id for tree in trees}) == len(trees)
    for tree in trees:
        waypoint = world.get_map().get_waypoint(tree.transform.location)
        assert waypoint.transform.location.distance(tree.transform.location) > 2.5


def test_boxes_of_the_map_are_those_of_its_things(world):
    label = carla.CityObjectLabel.Vegetation
    boxes, things = world.get_level_bbs(label), world.get_environment_objects(label)
    assert len(boxes) == len(things) > 0
    assert all(box.location == thing.bounding_box.location for box, thing in zip(boxes, things, strict=True))
    assert all(box.location.z > 0.2 for box in boxes)


def test_everything_has_a_name(world):
    names = world.get_names_of_all_objects()
    assert len(names) == len(world.get_environment_objects(carla.CityObjectLabel.Any))
    assert len(set(names)) == len(names)
